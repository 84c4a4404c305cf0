using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Training;

/// <summary>What a step costs beside its arithmetic, and what it refuses.</summary>
[TestClass]
public sealed class TrainingLoopTests
{
    private const int Steps = 4000;

    // 400 samples are kept of a run: of 4,000 steps every tenth, which is written down and so allocates.
    private const int Sampled = 10;

    [TestMethod]
    [DataRow(false, DisplayName = "plain")]
    [DataRow(true, DisplayName = "smoothing and dropout on schedules")]
    public void Run_StepThatIsNotWrittenDown_AllocatesNothing(bool schedules)
    {
        LrSchedule falling = LrSchedule.Linear(TrainingSpan.Rest);
        var options = new TorchMlpOptions { HiddenLayers = [6], BatchSize = 4, NumberOfEpochs = 1, NumberOfThreads = 1, Dropout = schedules ? 0.1 : 0, DropoutSchedule = schedules ? falling : null };
        var loss = new SoftmaxCrossEntropy { LabelSmoothing = schedules ? 0.1.Following(falling) : 0 };
        // Asked once at the start of every step.
        var allocated = new long[Steps + 1];
        int step = 0;

        Train(options, loss, 4 * Steps, () => allocated[step++] = GC.GetAllocatedBytesForCurrentThread());

        step.Should().Be(Steps);
        long sum = 0;
        for (int i = Steps / 2; i < Steps - 1; i++)
            if (i % Sampled != 0) sum += allocated[i + 1] - allocated[i];
        sum.Should().Be(0);
    }

    [TestMethod]
    public void Run_DropoutScheduledToOne_IsRefusedAtThatStep()
    {
        var options = new TorchMlpOptions { HiddenLayers = [6], BatchSize = 4, NumberOfEpochs = 1, Dropout = 0.5, DropoutSchedule = LrSchedule.Hold(3.Steps()).Then(LrSchedule.Hold(at: 2)) };
        int steps = 0;
        Action train = () => Train(options, new SoftmaxCrossEntropy(), 40, () => steps++);
        train.Should().Throw<ArgumentOutOfRangeException>().WithMessage("Dropout must be at least 0 and below 1 but was 1. DropoutSchedule*");
        steps.Should().Be(4);
    }

    [TestMethod]
    public void Run_SmoothingScheduledToOne_IsRefusedAtThatStep()
    {
        var options = new TorchMlpOptions { HiddenLayers = [6], BatchSize = 4, NumberOfEpochs = 1 };
        var loss = new SoftmaxCrossEntropy { LabelSmoothing = 0.5.Following(LrSchedule.Hold(3.Steps()).Then(LrSchedule.Hold(at: 2))) };
        int steps = 0;
        Action train = () => Train(options, loss, 40, () => steps++);
        train.Should().Throw<ArgumentOutOfRangeException>().WithMessage("LabelSmoothing must be at least 0 and below 1 but was 1. *");
        steps.Should().Be(4);
    }

    private static void Train(TorchMlpOptions options, Loss loss, int rows, Action eachStep) => TrainedNetwork.Train(
        options.BuildNetwork(3, 3), loss, Cases.Data(rows, 3, classes: 3), validation: null, options, Device.Cpu, seed: 1, firstWeights: null, new RunWatcher(default, eachStep, [], _ => { }));
}
