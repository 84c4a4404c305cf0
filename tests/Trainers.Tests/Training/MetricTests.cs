using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Trainers.Tests.Estimators;

namespace Trainers.Tests.Training;

/// <summary>Metrics of every epoch. The oracle is ML.NET's own Evaluate of the model on the same rows.</summary>
[TestClass]
public sealed class MetricTests
{
    private readonly MLContext context = new(seed: 1);

    private static TorchMlpOptions Options(Action<TorchMlpOptions>? change = null)
    {
        var options = new TorchMlpOptions { HiddenLayers = [16], NumberOfEpochs = 4, BatchSize = 32, Seed = 1, Optimizer = Optimizers.AdamW(5e-3), TrainingMetrics = true };
        change?.Invoke(options);
        return options;
    }

    public static IEnumerable<object[]> Regressions() =>
    [
        ["plain", new TorchMlpOptions(), 1f],
        ["average", new TorchMlpOptions { Optimizer = Optimizers.AdamW(5e-3) with { Averaging = WeightAveraging.Exponential(0.9) } }, 1f],
        ["weights", new TorchMlpOptions { ExampleWeightColumnName = "Weight", Loss = new HuberLoss() }, 1f],
        ["batch norm, dropout", new TorchMlpOptions { Normalization = Normalization.Batch, Dropout = 0.2 }, 1f],
        ["Poisson", new TorchMlpOptions { Loss = new PoissonLoss() }, 1f],
        ["large labels", new TorchMlpOptions { Loss = new AbsoluteError() }, 1e6f],
    ];

    [TestMethod]
    [DynamicData(nameof(Regressions))]
    public void Regression_LastEpoch_EqualsEvaluate(string name, TorchMlpOptions options, float unit)
    {
        (options.HiddenLayers, options.NumberOfEpochs, options.BatchSize, options.Seed, options.TrainingMetrics) = ([16], 4, 32, 1, true);
        List<Samples.RegressionRow> rows = Samples.Curved(400);
        foreach (Samples.RegressionRow row in rows) (row.Label, row.Weight) = ((options.Loss is PoissonLoss ? row.Label + 2 : row.Label) * unit, 1 + row.Features[0]);
        IDataView train = context.View(rows.Take(250)), test = context.View(rows.Skip(250));
        var model = context.Regression.Trainers.TorchMlp(options).Fit(train, test);
        EpochRecord last = model.Model.History!.Epochs[^1];
        foreach ((var measured, IDataView data) in new[] { (last.ValidationMetrics, test), (last.TrainingMetrics, train) })
        {
            RegressionMetrics expected = context.Regression.Evaluate(model.Transform(data));
            measured.Should().HaveCount(3, name);
            Near(measured["RootMeanSquaredError"], expected.RootMeanSquaredError);
            Near(measured["MeanAbsoluteError"], expected.MeanAbsoluteError);
            Near(measured["RSquared"], expected.RSquared);
        }
    }

    [TestMethod]
    public void Binary_LastEpoch_EqualsEvaluate()
    {
        IDataView train = context.View(Samples.Exclusive(300)), test = context.View(Samples.Exclusive(500).Skip(300));
        var model = context.BinaryClassification.Trainers.TorchMlp(Options()).Fit(train, test);
        Check(model.Model.SubModel.History!, model);
        // Class weights are of the training alone.
        var weighted = context.BinaryClassification.Trainers.TorchMlp(Options(options => options.ClassWeights = ClassWeights.Of(1, 5))).Fit(train, test);
        Check(weighted.Model.SubModel.History!, weighted);

        void Check(TrainingHistory history, ITransformer fitted)
        {
            foreach ((var measured, IDataView data) in new[] { (history.Epochs[^1].ValidationMetrics, test), (history.Epochs[^1].TrainingMetrics, train) })
            {
                CalibratedBinaryClassificationMetrics expected = context.BinaryClassification.Evaluate(fitted.Transform(data));
                measured.Should().HaveCount(3);
                Near(measured["AreaUnderRocCurve"], expected.AreaUnderRocCurve);
                Near(measured["Accuracy"], expected.Accuracy);
                Near(measured["LogLoss"], expected.LogLoss);
            }
        }
    }

    [TestMethod]
    public void Binary_ScoresThatAreNoLogOdds_HaveNoLogLoss()
    {
        IDataView train = context.View(Samples.Exclusive(300)), test = context.View(Samples.Exclusive(500).Skip(300));
        var model = context.BinaryClassification.Trainers.TorchMlp(Options(options => options.Loss = new HingeLoss())).Fit(train, test);
        var measured = model.Model.SubModel.History!.Epochs[^1].ValidationMetrics;
        measured.Keys.Should().Equal("Accuracy", "AreaUnderRocCurve");
        CalibratedBinaryClassificationMetrics expected = context.BinaryClassification.Evaluate(model.Transform(test));
        Near(measured["AreaUnderRocCurve"], expected.AreaUnderRocCurve);
        Near(measured["Accuracy"], expected.Accuracy);
    }

    [TestMethod]
    public void Multiclass_LastEpoch_EqualsEvaluate()
    {
        IDataView all = context.View(Samples.Largest(500));
        all = context.Transforms.Conversion.MapValueToKey("Label").Fit(all).Transform(all);
        IDataView train = context.Data.TakeRows(all, 300), test = context.Data.SkipRows(all, 300);
        var model = context.MulticlassClassification.Trainers.TorchMlp(Options()).Fit(train, test);
        EpochRecord last = model.Model.History!.Epochs[^1];
        foreach ((var measured, IDataView data) in new[] { (last.ValidationMetrics, test), (last.TrainingMetrics, train) })
        {
            MulticlassClassificationMetrics expected = context.MulticlassClassification.Evaluate(model.Transform(data));
            Near(measured["MicroAccuracy"], expected.MicroAccuracy);
            Near(measured["LogLoss"], expected.LogLoss);
        }
    }

    [TestMethod]
    public void Tabular_OneMember_EqualsEvaluate()
    {
        IDataView train = context.View(Samples.Exclusive(300)), test = context.View(Samples.Exclusive(500).Skip(300));
        var options = new TorchTabularOptions { HiddenLayers = [16], NumberOfEpochs = 2, Members = 1, Seed = 1, EarlyStopping = new EarlyStopping { Metric = Metric.LogLoss } };
        var binary = context.BinaryClassification.Trainers.TorchTabular(options).Fit(train, test);
        TrainingHistory history = binary.Model.SubModel.History!;
        var expected = context.BinaryClassification.Evaluate(binary.Transform(test));
        Near(history.Epochs[history.BestEpoch].ValidationMetrics["LogLoss"], expected.LogLoss);
        Near(history.Epochs[history.BestEpoch].ValidationMetrics["AreaUnderRocCurve"], expected.AreaUnderRocCurve);

        IDataView numbers = context.View(Samples.Curved(300)), others = context.View(Samples.Curved(450).Skip(300));
        (options.EarlyStopping, options.SharedMembers) = (null, 4);
        var regression = context.Regression.Trainers.TorchTabular(options).Fit(numbers, others);
        history = regression.Model.History!;
        Near(history.Epochs[history.BestEpoch].ValidationMetrics["RootMeanSquaredError"], context.Regression.Evaluate(regression.Transform(others)).RootMeanSquaredError);
    }

    [TestMethod]
    public void Quantiles_Several_HaveNoMetrics()
    {
        IDataView data = context.View(Samples.Linear(100));
        var options = new TorchLinearOptions { Loss = new QuantileLoss(0.1, 0.9), NumberOfEpochs = 1, ValidationFraction = 0.3 };
        context.Regression.Trainers.TorchLinearVector(options).Fit(data).Model.History!.Epochs[0].ValidationMetrics.Should().BeEmpty();
    }

    [TestMethod]
    public void Area_TiesAndAllOrders_IsThePartOfOrderedPairs()
    {
        var random = new Random(4);
        for (int round = 0; round < 50; round++)
        {
            var rows = Enumerable.Range(0, 30).Select(i => (Score: (float)random.Next(6), Positive: i % 3 == 0)).ToArray();
            var sums = new BinarySums(rows.Length, hasProbability: false);
            foreach ((float score, bool positive) in rows) sums.Add([score], [positive ? 1 : 0]);
            double expected = (from p in rows where p.Positive from n in rows where !n.Positive select p.Score > n.Score ? 1 : p.Score == n.Score ? 0.5 : 0).Average();
            sums.Result()["AreaUnderRocCurve"].Should().BeApproximately(expected, 1e-12);
        }
    }

    [TestMethod]
    public void EarlyStopping_OnAMetric_KeepsItsBestEpoch()
    {
        IDataView train = context.View(Samples.Exclusive(200)), test = context.View(Samples.Exclusive(400).Skip(200));
        var options = Options(it => (it.NumberOfEpochs, it.Schedule, it.EarlyStopping) = (60, LrSchedule.Constant, new EarlyStopping { Metric = Metric.AreaUnderRocCurve, Patience = 4 }));
        var model = context.BinaryClassification.Trainers.TorchMlp(options).Fit(train, test);
        TrainingHistory history = model.Model.SubModel.History!;
        double best = history.Epochs.Max(epoch => epoch.ValidationMetrics["AreaUnderRocCurve"]);
        history.Epochs[history.BestEpoch].ValidationMetrics["AreaUnderRocCurve"].Should().Be(best);
        history.Epochs.Length.Should().Be(history.BestEpoch + 5);
        Near(context.BinaryClassification.Evaluate(model.Transform(test)).AreaUnderRocCurve, best);
    }

    [TestMethod]
    public void EarlyStopping_MinimumDelta_SmallerGainsDoNotCount()
    {
        IDataView data = context.View(Samples.Linear(200));
        var options = new TorchLinearOptions
        {
            NumberOfEpochs = 40, BatchSize = 20, Optimizer = Optimizers.Sgd(0.01), Schedule = LrSchedule.Constant, ValidationFraction = 0.3, Seed = 1,
            EarlyStopping = new EarlyStopping { Metric = Metric.RSquared, MinimumDelta = 0.05, Patience = 3 },
        };
        TrainingHistory history = context.Regression.Trainers.TorchLinear(options).Fit(data).Model.History!;
        double best = double.NegativeInfinity;
        int bestEpoch = -1;
        foreach (EpochRecord epoch in history.Epochs)
            if (epoch.ValidationMetrics["RSquared"] > best + 0.05) (best, bestEpoch) = (epoch.ValidationMetrics["RSquared"], epoch.Epoch);
        history.BestEpoch.Should().Be(bestEpoch);
        history.Epochs.Length.Should().Be(bestEpoch + 4).And.BeLessThan(40);
    }

    [TestMethod]
    public void Report_FromACallback_IsInTheHistoryAndCanStopTheRun()
    {
        IDataView data = context.View(Samples.Linear(200));
        var options = new TorchLinearOptions
        {
            NumberOfEpochs = 30, ValidationFraction = 0.3, Seed = 1, EarlyStopping = new EarlyStopping { Metric = new Metric("distance", HigherIsBetter: true), Patience = 3 },
            StopWhen = now =>
            {
                now.ValidationMetrics.Should().ContainKey("RSquared");
                now.Report("distance", -Math.Abs(now.Epoch - 5));
                return false;
            },
        };
        var model = context.Regression.Trainers.TorchLinear(options).Fit(data);
        TrainingHistory history = model.Model.History!;
        history.BestEpoch.Should().Be(5);
        history.Epochs.Length.Should().Be(9);
        history.Epochs.Select(epoch => epoch.ValidationMetrics["distance"]).Should().Equal(Enumerable.Range(0, 9).Select(epoch => -Math.Abs(epoch - 5.0)));
    }

    [TestMethod]
    public void Report_NameOfAMeasuredMetric_IsRefused()
    {
        var options = new TorchLinearOptions { NumberOfEpochs = 1, ValidationFraction = 0.3, StopWhen = now => { now.Report("RSquared", 1); return false; } };
        context.Regression.Trainers.TorchLinear(options).Invoking(trainer => trainer.Fit(context.View(Samples.Linear(50))))
            .Should().Throw<ArgumentException>().WithMessage("name must not be that of a measured metric but was 'RSquared'.*");
    }

    [TestMethod]
    public void EarlyStopping_MetricOfAnotherTask_IsRefusedBeforeTheFirstStep()
    {
        int epochs = 0;
        var options = new TorchLinearOptions { ValidationFraction = 0.3, EarlyStopping = new EarlyStopping { Metric = Metric.Accuracy }, StopWhen = _ => ++epochs > 0 };
        context.Regression.Trainers.TorchLinear(options).Invoking(trainer => trainer.Fit(context.View(Samples.Linear(50))))
            .Should().Throw<InvalidOperationException>().WithMessage("EarlyStopping.Metric must be one of MeanAbsoluteError, RSquared, RootMeanSquaredError, or one that a callback reports, but was Accuracy.*");
        epochs.Should().Be(0);
        options.EarlyStopping = new EarlyStopping { Metric = new Metric("mine", true) };
        context.Regression.Trainers.TorchLinear(options).Invoking(trainer => trainer.Fit(context.View(Samples.Linear(50))))
            .Should().Throw<InvalidOperationException>().WithMessage("EarlyStopping.Metric must be one of *callback reports at every epoch, but was mine.*");
    }

    [TestMethod]
    public void Save_ThenLoad_KeepsTheMetrics()
    {
        IDataView train = context.View(Samples.Curved(200)), test = context.View(Samples.Curved(300).Skip(200));
        var model = context.Regression.Trainers.TorchMlp(Options()).Fit(train, test);
        using var file = new MemoryStream();
        context.Model.Save(model, train.Schema, file);
        file.Position = 0;
        var loaded = (RegressionPredictionTransformer<NetworkRegressionModelParameters>)new MLContext().Model.Load(file, out _);
        loaded.Model.History.Should().BeEquivalentTo(model.Model.History);
    }

    [TestMethod]
    public void ToCsv_Metrics_HaveAColumnEach()
    {
        IDataView train = context.View(Samples.Curved(200)), test = context.View(Samples.Curved(300).Skip(200));
        TrainingHistory history = context.Regression.Trainers.TorchMlp(Options()).Fit(train, test).Model.History!;
        string[] lines = history.ToCsv().TrimEnd().Split('\n');
        lines[0].Should().EndWith(",rate_default,validation_MeanAbsoluteError,validation_RSquared,validation_RootMeanSquaredError,training_MeanAbsoluteError,training_RSquared,training_RootMeanSquaredError");
        lines.Should().OnlyContain(line => line.Split(',').Length == lines[0].Split(',').Length);
        double.Parse(lines[^1].Split(',')[^1], CultureInfo.InvariantCulture).Should().Be(history.Epochs[^1].TrainingMetrics["RootMeanSquaredError"]);
        double.Parse(lines[^1].Split(',')[^4], CultureInfo.InvariantCulture).Should().Be(history.Epochs[^1].ValidationMetrics["RootMeanSquaredError"]);
    }

    [TestMethod]
    public void ToSvg_NamedMetric_IsDrawnInPlaceOfTheLosses()
    {
        IDataView train = context.View(Samples.Curved(200)), test = context.View(Samples.Curved(300).Skip(200));
        TrainingHistory history = context.Regression.Trainers.TorchMlp(Options()).Fit(train, test).Model.History!;
        string picture = history.ToSvg(metrics: ["RSquared"]);
        picture.Should().Contain("training RSquared").And.Contain("validation RSquared").And.NotContain("training loss");
        history.Invoking(it => it.ToSvg(metrics: ["AUC"])).Should().Throw<ArgumentException>().WithMessage("metrics must be in the history but 'AUC' is not. There are: MeanAbsoluteError, RSquared, RootMeanSquaredError.*");
    }

    [TestMethod]
    public void KeepBest_WithAMetric_KeepsItsBestEpoch()
    {
        string folder = Directory.CreateTempSubdirectory("mlnetlr-metric-").FullName;
        try
        {
            IDataView data = context.View(Samples.Linear(200));
            var options = new TorchLinearOptions
            {
                NumberOfEpochs = 6, ValidationFraction = 0.3, Seed = 1, Checkpoints = new CheckpointOptions { Folder = folder, EveryEpochs = 1, KeepLast = 1 },
                EarlyStopping = new EarlyStopping { Metric = new Metric("even", HigherIsBetter: true), Patience = 100 },
                StopWhen = now => { now.Report("even", now.Epoch == 2 ? 1 : 0); return false; },
            };
            TrainingHistory history = context.Regression.Trainers.TorchLinear(options).Fit(data).Model.History!;
            CheckpointFolder.Files(folder).Select(file => CheckpointFile.Peek(file)!.Value.Step).Should().BeEquivalentTo([history.Epochs[2].Steps, history.Epochs[5].Steps]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Near(double measured, double expected) => measured.Should().BeApproximately(expected, 1e-6 * Math.Abs(expected));
}
