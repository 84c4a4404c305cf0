using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Tests;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

/// <summary>What a fit tells while it runs, and how.</summary>
[TestClass]
public sealed class CallbackTests
{
    private readonly MLContext context = new(seed: 1);

    private static TorchTabularOptions Options() => new() { HiddenLayers = [16], NumberOfEpochs = 8, BatchSize = 64, Members = 2, Folds = 0, Seed = 3, PiecewiseLinearBins = 16 };

    [TestMethod]
    public void Fit_MembersSideBySide_CallBackOneAtATime()
    {
        TorchTabularOptions options = Options();
        (options.Members, options.NumberOfThreads) = (4, 4);
        int inside = 0, most = 0, calls = 0;
        void Enter()
        {
            int now = Interlocked.Increment(ref inside);
            if (now > Volatile.Read(ref most)) Volatile.Write(ref most, now);
            Interlocked.Increment(ref calls);
            Thread.Sleep(2);
            Interlocked.Decrement(ref inside);
        }
        options.Progress = new Immediate(_ => Enter());
        options.StopWhen = now =>
        {
            Enter();
            return now.Epoch == 3;
        };

        context.Regression.Trainers.TorchTabular(options).Fit(context.View(Samples.Curved(400)));

        calls.Should().Be(4 * 4 * 2);
        most.Should().Be(1);
    }

    [TestMethod]
    public void Progress_GroupsOfTheRecipe_HasTheRateOfTheOptimizer()
    {
        TorchTabularOptions options = Options();
        options.Schedule = LrSchedule.Constant;
        var rates = new List<double>();
        var lines = new List<string>();
        options.Progress = new Immediate(now => rates.Add(now.LearningRate));
        context.Log += (_, entry) =>
        {
            lock (lines) lines.Add(entry.Message);
        };
        context.Regression.Trainers.TorchTabular(options).Fit(context.View(Samples.Curved(200)));
        rates.Should().NotBeEmpty().And.OnlyContain(rate => rate == 0.1);
        lines.Where(line => line.Contains("epoch 1/")).Should().NotBeEmpty().And.OnlyContain(line => line.Contains("rate 0.1 "));
    }

    [TestMethod]
    public void Progress_AllParametersInGroups_HasTheLargestRate()
    {
        var rates = new List<double>();
        var options = new TorchLinearOptions
        {
            NumberOfEpochs = 2, Schedule = LrSchedule.Constant, Optimizer = Optimizers.Sgd(0.5), Progress = new Immediate(now => rates.Add(now.LearningRate)),
            ParameterGroups = [new ParameterGroup("*.weight") { LearningRate = 0.01 }, new ParameterGroup("*.bias") { LearningRate = 0.02 }],
        };
        context.Regression.Trainers.TorchLinear(options).Fit(context.View(Samples.Linear(50)));
        rates.Should().Equal(0.02, 0.02);
    }
}
