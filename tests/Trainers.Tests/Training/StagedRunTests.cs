using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Training;

/// <summary>Runs of several stages, and what ends a run before its last step. Checkpoints of every step are the witnesses.</summary>
[TestClass]
public sealed class StagedRunTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-stages-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    // 30 rows in batches of 10: three steps an epoch, 24 in 8 epochs.
    private static TorchMlpOptions Options() => new()
    {
        HiddenLayers = [6, 5], BatchSize = 10, NumberOfEpochs = 8, Optimizer = Torch.Optimizers.AdamW(0.03, weightDecay: 0.1), Schedule = LrSchedule.Constant,
    };

    [TestMethod]
    public void Groups_FrozenForThreeEpochs_DoNotMoveABitUntilThen()
    {
        TorchMlpOptions options = Options();
        options.ParameterGroups =
        [
            new ParameterGroup("layers.0.*") { LearningRateMultiplier = 0 },
            new ParameterGroup("layers.1.*") { Schedule = LrSchedule.Hold(3.Epochs(), at: 0).Then(LrSchedule.Warmup(1.Epochs()).Hold()) },
        ];
        (TrainedNetwork trained, float[][] steps) = Watch(options);
        float[] first = new float[trained.Network.Layout.Length];
        Initializer.Fill(trained.Network, first, 1);
        for (int step = 1; step <= 24; step++)
            foreach (ParameterSlot slot in trained.Network.Layout)
            {
                bool frozen = slot.Spec.Name.StartsWith("layers.0") || slot.Spec.Name.StartsWith("layers.1") && step <= 9;
                float[] before = slot.In(first.AsSpan()).ToArray(), now = slot.In(steps[step - 1].AsSpan()).ToArray();
                if (frozen) now.Should().Equal(before, "{0} is frozen at step {1}", slot.Spec.Name, step);
                // The warmup starts at 0: its first step moves nothing.
                else if (step > 10 || slot.Spec.Name.StartsWith("output")) now.Should().NotEqual(before, "{0} trains at step {1}", slot.Spec.Name, step);
            }
        trained.History.Epochs.Select(epoch => epoch.LearningRates[trained.History.Groups.IndexOf("layers.1.*")]).Take(3).Should().OnlyContain(rate => rate == 0);
    }

    [TestMethod]
    public void StochasticAverage_AfterAStablePhase_IsTheMeanOfItsSteps()
    {
        TorchMlpOptions options = Options();
        options.Schedule = LrSchedule.Hold(12.Steps()).Then(LrSchedule.Hold(at: 0.2));
        options.Optimizer = options.Optimizer with { Averaging = WeightAveraging.Stochastic(start: 12, every: 3) };
        (TrainedNetwork trained, float[][] steps) = Watch(options);
        int[] averaged = [.. Enumerable.Range(1, 24).Where(step => step > 12 && (step - 13) % 3 == 0)];
        for (int i = 0; i < trained.Weights.Length; i++)
            ((double)trained.Weights[i]).Should().BeApproximately(averaged.Average(step => (double)steps[step - 1][i]), 1e-6);
    }

    [TestMethod]
    public void MaximumTime_ShorterThanAnEpoch_EndsAfterTheFirst()
    {
        TorchMlpOptions options = Options();
        options.MaximumTime = TimeSpan.FromTicks(1);
        Train(options).History.Epochs.Should().ContainSingle();
        options.MaximumTime = TimeSpan.FromDays(1);
        Train(options).History.Epochs.Should().HaveCount(8);
    }

    [TestMethod]
    public void StopWhen_True_EndsTheRunThere()
    {
        TorchMlpOptions options = Options();
        options.StopWhen = now => now.Epoch == 4;
        TrainedNetwork stopped = Train(options);
        stopped.History.Epochs.Should().HaveCount(5);
        options.StopWhen = null;
        options.NumberOfEpochs = 5;
        stopped.Weights.Should().Equal(Train(options).Weights, "the steps before are those of any run");
    }

    [TestMethod]
    public void Progress_Elapsed_IsTheTimeThatTheHistoryKeeps()
    {
        var told = new List<double>();
        TorchMlpOptions options = Options();
        options.StopWhen = now =>
        {
            told.Add(now.Elapsed.TotalSeconds);
            return false;
        };
        Train(options).History.Epochs.Select(epoch => epoch.Seconds).Should().Equal(told, "MaximumTime is judged by the one, and shown by the other");
    }

    [TestMethod]
    public void LastBatch_Dropped_RowsOfItAreNotSeen()
    {
        TorchMlpOptions options = Options();
        (options.BatchSize, options.Shuffle, options.LastBatch) = (8, false, LastBatch.Drop);
        TrainingData data = Cases.Data(30, 3), other = Cases.Data(30, 3);
        other.Labels.Span[24..].Fill(1000);
        float[] one = Train(options, data).Weights;
        Train(options, other).Weights.Should().Equal(one);
        options.LastBatch = LastBatch.Keep;
        Train(options, other).Weights.Should().NotEqual(Train(options, data).Weights);
    }

    [TestMethod]
    public void Shuffle_False_TakesTheRowsAsTheyLie()
    {
        TorchMlpOptions options = Options();
        (options.Shuffle, options.NumberOfEpochs) = (false, 1);
        TrainingData data = Cases.Data(30, 3);
        // Whole batches of the same rows in another order within each are the same steps but for rounding; batches in another order are not.
        TrainingData within = data.Select([.. Enumerable.Range(0, 30).Select(row => row / 10 * 10 + 9 - row % 10)]);
        TrainingData across = data.Select([.. Enumerable.Range(0, 30).Select(row => (row + 10) % 30)]);
        float[] weights = Train(options, data).Weights, same = Train(options, within).Weights, other = Train(options, across).Weights;
        weights.Zip(same, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
        weights.Zip(other, (a, b) => Math.Abs(a - b)).Max().Should().BeGreaterThan(1e-3f);
    }

    /// <summary>A run and its weights after each step.</summary>
    private (TrainedNetwork Trained, float[][] Steps) Watch(TorchMlpOptions options)
    {
        options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 1, KeepLast = 100 };
        TrainedNetwork trained = Train(options);
        return (trained, [.. CheckpointFolder.Files(folder).Select(file => CheckpointFile.Read(file)).OrderBy(checkpoint => checkpoint.Step).Select(checkpoint =>
        {
            float[] weights = new float[trained.Weights.Length];
            checkpoint.CopyTensor<float>("weights", weights);
            return weights;
        })]);
    }

    private static TrainedNetwork Train(TorchMlpOptions options, TrainingData? data = null) => TrainedNetwork.Train(
        options.BuildNetwork(3, 1), new SquaredError(), data ?? Cases.Data(30, 3), validation: null, options, Device.Cpu, seed: 1, firstWeights: null, new RunWatcher(default, () => { }, [], _ => { }));
}
