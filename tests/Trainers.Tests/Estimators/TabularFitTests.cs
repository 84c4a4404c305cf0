using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Tests;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

/// <summary>What every trainer promises holds for <c>TorchTabular</c> too.</summary>
[TestClass]
public sealed class TabularFitTests
{
    private readonly MLContext context = new(seed: 1);

    // Small, and without held-out folds, so that a fit is a second.
    private static TorchTabularOptions Options() => new() { HiddenLayers = [32, 32], NumberOfEpochs = 8, BatchSize = 64, Members = 2, Folds = 0, Seed = 3, PiecewiseLinearBins = 16 };

    [TestMethod]
    public void FindLearningRate_EveryTask_SuggestsARate()
    {
        RangeTestResult found = context.Regression.Trainers.TorchTabular(Options()).FindLearningRate(context.View(Samples.Curved()));
        found.Valley.Should().BeInRange(1e-4, 3);
        found.SmoothedLosses.Should().HaveSameCount(found.Rates);
        context.BinaryClassification.Trainers.TorchTabular(Options()).FindLearningRate(context.View(Samples.Exclusive())).Valley.Should().BeInRange(1e-4, 3);
        IDataView classes = context.View(Samples.Largest());
        classes = context.Transforms.Conversion.MapValueToKey("Label").Fit(classes).Transform(classes);
        context.MulticlassClassification.Trainers.TorchTabular(Options()).FindLearningRate(classes).Valley.Should().BeInRange(1e-4, 3);
    }

    [TestMethod]
    public void Fit_AutoLearningRate_TrainsAtTheRateOfTheRangeTest()
    {
        IDataView data = context.View(Samples.Curved());
        TorchTabularOptions options = Options();
        RangeTestResult found = context.Regression.Trainers.TorchTabular(options).FindLearningRate(data);
        options.AutoLearningRate = new RangeTest();
        var rates = new List<double>();
        options.Schedule = LrSchedule.Constant;
        options.Progress = new Immediate(now => rates.Add(now.LearningRate));

        var model = context.Regression.Trainers.TorchTabular(options).Fit(data);

        rates.Should().OnlyContain(rate => rate == found.Valley);
        context.Regression.Evaluate(model.Transform(data)).RSquared.Should().BeGreaterThan(0.8);
    }

    [TestMethod]
    public void Fit_AutoLearningRateFromAModel_TestsThatModel()
    {
        IDataView data = context.View(Samples.Curved());
        var first = context.Regression.Trainers.TorchTabular(Options()).Fit(data);
        TorchTabularOptions options = Options();
        options.AutoLearningRate = new RangeTest();
        var trainer = context.Regression.Trainers.TorchTabular(options);
        trainer.Fit(data, first.Model).Model.Network.Members.Should().Be(2);
        IDataView narrow = context.View(Samples.Curved().Select(row => new Pair { Label = row.Label, Features = row.Features[..2] }));
        trainer.Invoking(it => it.Fit(narrow, first.Model)).Should().Throw<ArgumentException>().WithMessage("*must take 2 features*takes 3*");
    }

    [TestMethod]
    [DataRow("hinge")]
    [DataRow("focal")]
    public void Fit_ScoreThatIsNoLogOdds_IsCalibrated(string name)
    {
        IDataView data = context.View(Samples.Exclusive());
        TorchTabularOptions options = Options();
        options.Loss = name == "hinge" ? new HingeLoss() : new FocalLoss();
        options.NumberOfEpochs = 20;
        var model = context.BinaryClassification.Trainers.TorchTabular(options).Fit(data);
        model.Model.Calibrator.Slope.Should().NotBe(-1);
        CalibratedBinaryClassificationMetrics metrics = context.BinaryClassification.Evaluate(model.Transform(data));
        metrics.AreaUnderRocCurve.Should().BeGreaterThan(0.97);
        metrics.LogLoss.Should().BeLessThan(0.3);
    }

    [TestMethod]
    public void FindLearningRate_SmoothingOnASchedule_StaysWhereItStarts()
    {
        IDataView data = context.View(Samples.Largest());
        data = context.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        RangeTestResult Find(ScheduledValue smoothing) => context.MulticlassClassification.Trainers.TorchMlp(
            new TorchMlpOptions { HiddenLayers = [8], Seed = 1, Loss = new SoftmaxCrossEntropy { LabelSmoothing = smoothing } }).FindLearningRate(data);
        Find(0.1.Following(LrSchedule.Linear(TrainingSpan.Rest))).SmoothedLosses.Should().Equal(Find(0.1).SmoothedLosses, "a loss that a schedule lowers would hide what the rate does");
    }

    private sealed class Pair
    {
        public float Label { get; set; }

        [VectorType(2)] public float[] Features { get; set; } = [];
    }
}
