using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class UpdaterTests
{
    [TestMethod]
    [DataRow("schedulefreesgd(0.1)")]
    [DataRow("schedulefreeadamw")]
    [DataRow("schedulefreeradam(0.05)")]
    [DataRow("sgd(0.1, averaging=ema(0.9))")]
    public void BeginEvaluation_WithAnAverage_PutsItInThePlaceOfTheWeights(string optimizer)
    {
        Toy<float> toy = new();
        ParameterUpdater updater = For(toy, Optimizer.Parse(optimizer));
        toy.Run(updater, 0, 10);
        float[] trained = toy.Weights.ToArray(), average = new float[trained.Length];
        updater.EvaluationWeights(average);

        updater.BeginEvaluation();
        toy.Weights.ToArray().Should().Equal(average).And.NotEqual(trained);
        updater.EndEvaluation();
        toy.Weights.ToArray().Should().Equal(trained);
    }

    [TestMethod]
    public void EvaluationWeights_IntoTheWeightsThemselves_IsRefused()
    {
        Toy<float> toy = new();
        ParameterUpdater updater = For(toy, Torch.Optimizers.ScheduleFreeSgd());

        Action call = () => updater.EvaluationWeights(toy.Weights.Span);

        call.Should().Throw<ArgumentException>().WithMessage("The destination must not be the buffer of the weights*");
    }

    internal static ParameterUpdater For(Toy<float> toy, Optimizer optimizer, IReadOnlyList<ParameterGroup>? groups = null, LrSchedule? schedule = null, long steps = 24) =>
        new(optimizer, groups ?? [], schedule, TrainingPlan.OfSteps(steps), Toy<float>.Layout, toy.Weights, toy.Gradients);

    [TestMethod]
    public void Step_TwoGroupsOfTheSeed_EachMovesByItsRate()
    {
        // The seed's example: a vision part at 1e-2, a text part at 1e-3, SGD with momentum 0.9.
        ParameterLayout layout = new(
            [new("vision.weight", [4, 4], ParameterRole.Weight), new("vision.bias", [4], ParameterRole.Bias), new("text.weight", [4, 4], ParameterRole.Weight)]);
        float[] weights = new float[layout.Length], gradients = new float[layout.Length];
        gradients.AsSpan().Fill(1);
        var updater = new ParameterUpdater(
            Torch.Optimizers.Sgd(1e-2, momentum: 0.9), [new("vision.*") { LearningRate = 1e-2 }, new("text.*") { LearningRate = 1e-3 }],
            null, TrainingPlan.OfSteps(10), layout, weights, gradients);

        updater.Step(0);
        updater.Step(1);

        updater.GroupNames.Should().Equal("vision.*", "text.*");
        updater.RateAt(0, 0).Should().Be(1e-2);
        updater.RateAt(1, 0).Should().Be(1e-3);
        weights[layout["vision.weight"].Offset].Should().BeApproximately(-1e-2f * 2.9f, 1e-7f);
        weights[layout["vision.bias"].Offset].Should().BeApproximately(-1e-2f * 2.9f, 1e-7f);
        weights[layout["text.weight"].Offset].Should().BeApproximately(-1e-3f * 2.9f, 1e-8f);
    }

    [TestMethod]
    public void Constructor_PatternMatchesNothing_NamesTheParameters()
    {
        Action make = () => For(new(), Torch.Optimizers.AdamW(), [new("vision.*") { LearningRate = 1 }]);

        make.Should().Throw<ArgumentException>().WithMessage("*'vision.*' must match a parameter but matches none*layers.0.weight, layers.0.bias, layers.1.weight*head.bias*");
    }

    [TestMethod]
    public void Constructor_TwoRatesInOneGroup_Throws()
    {
        Action make = () => For(new(), Torch.Optimizers.AdamW(), [new("*") { LearningRate = 1, LearningRateMultiplier = 2 }]);

        make.Should().Throw<ArgumentException>().WithMessage("*LearningRate or LearningRateMultiplier but sets both*");
    }

    [TestMethod]
    public void Constructor_LaterPattern_Wins()
    {
        ParameterUpdater updater = For(new(), Torch.Optimizers.Sgd(0.1), [new("layers.*") { LearningRate = 0.2 }, new("layers.1.*") { LearningRateMultiplier = 3 }]);

        updater.GroupNames.Should().Equal("layers.*", "layers.* + layers.1.*", "default");
        Enumerable.Range(0, 3).Select(group => updater.RateAt(group, 0)).Should().Equal([0.2, 0.1 * 3, 0.1]);
    }

    [TestMethod]
    public void RateAt_LayerwiseDecay_FallsTowardsTheInput()
    {
        ParameterUpdater updater = For(new(), Torch.Optimizers.Sgd(1), [ParameterGroup.LayerwiseDecay(0.5)]);

        updater.GroupNames.Should().Equal("layers.0", "layers.1", "head");
        Enumerable.Range(0, 3).Select(group => updater.RateAt(group, 0)).Should().Equal([0.25, 0.5, 1]);
    }

    [TestMethod]
    public void Step_NoDecayForBiasesAndNorms_ShrinksOnlyWeights()
    {
        Toy<float> toy = new();
        toy.Weights.Span.Fill(1);
        ParameterUpdater updater = For(toy, Torch.Optimizers.AdamW(0.1, weightDecay: 0.5), [ParameterGroup.NoDecay]);

        updater.Step(0);

        toy.Weights.Span[Toy<float>.Layout["layers.0.weight"].Offset].Should().Be(0.95f);
        toy.Weights.Span[Toy<float>.Layout["layers.0.bias"].Offset].Should().Be(1f);
    }

    [TestMethod]
    public void RateAt_ScheduleGroupAndMultiplier_Multiply()
    {
        LrSchedule schedule = LrSchedule.Warmup(10.Steps()).Hold();
        ParameterUpdater updater = For(
            new(), Torch.Optimizers.Sgd(0.1), [new("head.*") { Schedule = LrSchedule.Constant, LearningRateMultiplier = 2 }], schedule);
        updater.RateMultiplier = 0.5;

        updater.RateAt(0, 5).Should().BeApproximately(0.1 * 0.5 * 0.5, 1e-15);
        updater.RateAt(1, 5).Should().BeApproximately(0.2 * 0.5, 1e-15);
    }

    [TestMethod]
    public void Step_ScheduledMomentum_FollowsTheSchedule()
    {
        Toy<float> toy = new(), plain = new();
        var scheduled = Torch.Optimizers.Sgd(0.1) with { Momentum = 0.9.Following(LrSchedule.Hold(1.Steps()).Linear(2.Steps(), to: 0.5)) };
        ParameterUpdater updater = For(toy, scheduled, steps: 3);
        toy.Gradients.Span.Fill(1);
        plain.Gradients.Span.Fill(1);
        float start = toy.Weights.Span[0];

        for (int step = 0; step < 3; step++) updater.Step(step);

        // Velocities 1, 1 + 0.9, 1 + 0.675 * 1.9.
        toy.Weights.Span[0].Should().BeApproximately(start - 0.1f * (1 + 1.9f + (1 + 0.675f * 1.9f)), 1e-6f);
    }
}
