using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

/// <summary>The loop waits for a device's loss only where it writes one down.</summary>
[TestClass]
public sealed class DeferredLossTests
{
    // 400 samples are kept of a run: of 8,000 steps, every twentieth; ten epochs end at one of their own.
    private static TorchMlpOptions Options => new() { BatchSize = 1, NumberOfEpochs = 10, Schedule = LrSchedule.Constant, Optimizer = Optimizers.Sgd(0) };

    [TestMethod]
    public void Run_DeviceThatDefers_IsAskedForTheLossAtSampledSteps()
    {
        using var engine = new Distant(800);

        TrainedNetwork trained = Train(engine, Options);

        engine.Returned.Should().Be(410);
        engine.Read.Should().BeLessThan(1300, "three looks at most for each loss written down");
        trained.History.Samples.Should().HaveCount(400).And.OnlyContain(sample => sample.Loss == 2);
        trained.History.Epochs.Should().OnlyContain(epoch => epoch.TrainingLoss == 2);
    }

    [TestMethod]
    public void Run_LossThatIsNoNumberBetweenLooks_IsFoundAtTheNext()
    {
        using var engine = new Distant(800) { DivergesAt = 1001 };

        Action run = () => Train(engine, Options);

        run.Should().Throw<TrainingDivergedException>().Which.Step.Should().Be(1020);
    }

    [TestMethod]
    public void Run_LossThatIsNoNumberBetweenLooks_IsNotSaved()
    {
        string folder = Directory.CreateTempSubdirectory("mlnetlr-deferred-").FullName;
        try
        {
            using var engine = new Distant(800) { DivergesAt = 1001 };
            TorchMlpOptions options = Options;
            options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 13, KeepLast = 2 };

            Action run = () => Train(engine, options);

            run.Should().Throw<TrainingDivergedException>();
            CheckpointFolder.Read(folder, _ => { }).Step.Should().Be(1001);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TrainedNetwork Train(Engine engine, TorchMlpOptions options) =>
        TrainedNetwork.Train(engine, validation: null, options, seed: 1, firstWeights: null, new RunWatcher(default, () => { }, [], _ => { }));

    /// <summary>Every row has the loss 2. It counts how often it is asked for it.</summary>
    private sealed class Distant(int rows) : Engine(
        new Network([new Dense("a", 1, 1)]), new SquaredError(), new TrainingData(rows, 1, new float[rows], new float[rows], default))
    {
        private double sum;

        public int Returned { get; private set; }

        public int Read { get; private set; }

        public long DivergesAt { get; init; } = long.MaxValue;

        public override Memory<float> Weights { get; } = new float[32];

        public override Memory<float> Gradients { get; } = new float[32];

        public override bool DefersLoss => true;

        public override double LossSum
        {
            get
            {
                Read++;
                return sum;
            }
            set => sum = value;
        }

        public override double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings)
        {
            double loss = settings.Step >= DivergesAt ? double.NaN : 2 * rows.Length;
            if (settings.DeferLoss)
            {
                sum += loss;
                return 0;
            }
            Returned++;
            return scale * loss;
        }

        public override void Predict(TrainingData data, int first, int count, Span<float> outputs) => outputs.Clear();

        public override void Dispose()
        {
        }
    }
}
