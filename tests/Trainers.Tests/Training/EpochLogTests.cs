using System.Collections.Immutable;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

/// <summary>The history of a run of many epochs does not grow with it.</summary>
[TestClass]
public sealed class EpochLogTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-epochs-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Epochs_UpToTwoThousand_AreAllKept()
    {
        EpochLog log = Filled(planned: 2000, epochs: 2000);
        log.Epochs.Select(epoch => epoch.Epoch).Should().Equal(Enumerable.Range(0, 2000));
    }

    [TestMethod]
    public void Epochs_OfALongRun_AreSpreadAndIncludeTheBestAndTheLast()
    {
        EpochLog log = Filled(planned: 100_000, epochs: 77_778, best: 4321);
        log.Epochs.Length.Should().BeInRange(1500, 2002);
        int[] numbers = [.. log.Epochs.Select(epoch => epoch.Epoch)];
        numbers.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems().And.StartWith([0, 50, 100]).And.Contain(4321).And.EndWith(77_777);

        var resumed = new EpochLog(100_000);
        resumed.Restore(log.Epochs, 4321);
        resumed.Epochs.Should().Equal(log.Epochs);
        resumed.Add(Record(77_778));
        resumed.Epochs.Select(epoch => epoch.Epoch).Should().EndWith(77_778).And.Contain(4321).And.NotContain(77_777, "it was the last, and is no more");
        resumed.Change(Record(77_778) with { TrainingLoss = 5 });
        resumed.Last!.TrainingLoss.Should().Be(5);
    }

    [TestMethod]
    public void Resume_LongRun_HasTheHistoryOfTheWholeRun()
    {
        var options = new TorchLinearOptions
        {
            BatchSize = 20, NumberOfEpochs = 4500, Optimizer = Optimizers.Adam(0.01), Schedule = LrSchedule.Constant, EarlyStopping = new EarlyStopping { Patience = int.MaxValue },
        };
        TrainedNetwork whole = Train(options);
        whole.History.Epochs.Length.Should().BeInRange(1000, 2002);
        whole.History.Best!.Epoch.Should().Be(whole.History.BestEpoch);

        options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 1111 };
        Train(options);
        options.Checkpoints = null;
        options.ResumeFrom = CheckpointFolder.Files(folder)[^1];
        TrainedNetwork resumed = Train(options);
        resumed.Weights.Should().Equal(whole.Weights);
        resumed.History.BestEpoch.Should().Be(whole.History.BestEpoch);
        resumed.History.Epochs.Select(epoch => (epoch.Epoch, epoch.TrainingLoss, epoch.ValidationLoss)).Should().Equal(whole.History.Epochs.Select(epoch => (epoch.Epoch, epoch.TrainingLoss, epoch.ValidationLoss)));
        new FileInfo(options.ResumeFrom).Length.Should().BeLessThan(1 << 20);
    }

    private static TrainedNetwork Train(TorchLinearOptions options) => TrainedNetwork.Train(
        options.BuildNetwork(3, 1), new SquaredError(), Cases.Data(20, 3), Cases.Data(5, 3, seed: 8), options, Device.Cpu, 1, null, new RunWatcher(default, () => { }, [], _ => { }));

    private static EpochLog Filled(int planned, int epochs, int best = -1)
    {
        var log = new EpochLog(planned);
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            log.Add(Record(epoch));
            if (epoch == best) log.MarkBest();
        }
        return log;
    }

    private static EpochRecord Record(int epoch) => new(epoch, epoch + 1, 1, double.NaN, ImmutableArray<double>.Empty, 0, 0, 0);
}
