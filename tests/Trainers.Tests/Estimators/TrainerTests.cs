using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

/// <summary>The verbs as a user calls them.</summary>
[TestClass]
public sealed class TrainerTests
{
    private readonly MLContext context = new(seed: 1);

    [TestMethod]
    public void TorchLinear_LinearData_FindsTheCoefficients()
    {
        IDataView data = context.View(Samples.Linear());
        var model = context.Regression.Trainers.TorchLinear(optimizer: Optimizers.Adam(0.1), numberOfEpochs: 60, batchSize: 32).Fit(data);
        context.Regression.Evaluate(model.Transform(data)).RootMeanSquaredError.Should().BeLessThan(0.02);
    }

    [TestMethod]
    [DataRow(1, "stochastic")]
    [DataRow(32, "mini-batch")]
    [DataRow(400, "full batch")]
    [DataRow(100_000, "more than all rows is full batch too")]
    public void TorchLinear_AnyBatchSize_IsTheSameDescent(int batchSize, string name)
    {
        IDataView data = context.View(Samples.Linear());
        int epochs = batchSize == 1 ? 3 : batchSize == 32 ? 20 : 300;
        var model = context.Regression.Trainers.TorchLinear(optimizer: Optimizers.Sgd(0.05), schedule: LrSchedule.Constant, numberOfEpochs: epochs, batchSize: batchSize).Fit(data);
        context.Regression.Evaluate(model.Transform(data)).RootMeanSquaredError.Should().BeLessThan(0.05, name);
    }

    [TestMethod]
    public void TorchMlp_CurvedData_BeatsEveryLinearModel()
    {
        IDataView data = context.View(Samples.Curved());
        var model = context.Regression.Trainers.TorchMlp(optimizer: Optimizers.AdamW(0.01), hiddenLayers: [32, 32], numberOfEpochs: 40, batchSize: 32).Fit(data);
        var linear = context.Regression.Trainers.Sdca().Fit(data);
        double rmse = context.Regression.Evaluate(model.Transform(data)).RootMeanSquaredError;
        rmse.Should().BeLessThan(0.06);
        rmse.Should().BeLessThan(0.3 * context.Regression.Evaluate(linear.Transform(data)).RootMeanSquaredError);
    }

    [TestMethod]
    public void TorchMlp_BinaryData_SeparatesWithCalibratedProbability()
    {
        IDataView data = context.View(Samples.Exclusive());
        var model = context.BinaryClassification.Trainers.TorchMlp(optimizer: Optimizers.AdamW(0.01), hiddenLayers: [32], numberOfEpochs: 40, batchSize: 32).Fit(data);
        CalibratedBinaryClassificationMetrics metrics = context.BinaryClassification.Evaluate(model.Transform(data));
        metrics.AreaUnderRocCurve.Should().BeGreaterThan(0.98);
        metrics.LogLoss.Should().BeLessThan(0.3);
    }

    [TestMethod]
    [DataRow("log-odds")]
    [DataRow("hinge")]
    [DataRow("tabular")]
    public void Fit_BinaryScoresOfAnySize_GiveAFiniteLogLoss(string kind)
    {
        List<Samples.BinaryRow> rows = Samples.Exclusive(200);
        foreach (Samples.BinaryRow row in rows) row.Label = row.Features[0] > 0;
        IDataView data = context.View(rows);
        var binary = context.BinaryClassification.Trainers;
        TorchBinaryTrainer trainer = kind switch
        {
            "tabular" => binary.TorchTabular(numberOfEpochs: 2),
            "hinge" => binary.TorchLinear(new TorchLinearOptions { Loss = new HingeLoss(), NumberOfEpochs = 30, Optimizer = Optimizers.Adam(0.1) }),
            _ => binary.TorchLinear(optimizer: Optimizers.Adam(0.1), numberOfEpochs: 30),
        };
        var model = trainer.Fit(data);
        // Rows far from those of training, of either label on either side.
        IDataView far = context.View(new[] { 1e6f, -1e6f }.SelectMany(x => new[] { true, false }.Select(label => new Samples.BinaryRow { Features = [x, 0, 0], Label = label })));
        IDataView scored = model.Transform(far);
        scored.GetColumn<float>("Probability").Should().OnlyContain(probability => probability > 0 && probability < 1);
        context.BinaryClassification.Evaluate(scored).LogLoss.Should().BeInRange(0, 128);
    }

    [TestMethod]
    public void TorchMlp_ClassData_NamesTheClasses()
    {
        IDataView data = context.View(Samples.Largest());
        var pipeline = context.Transforms.Conversion.MapValueToKey("Label")
            .Append(context.MulticlassClassification.Trainers.TorchMlp(optimizer: Optimizers.AdamW(0.01), hiddenLayers: [32], numberOfEpochs: 30, batchSize: 32))
            .Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        IDataView predictions = pipeline.Fit(data).Transform(data);
        context.MulticlassClassification.Evaluate(predictions).MicroAccuracy.Should().BeGreaterThan(0.95);
        predictions.GetColumn<string>("PredictedLabel").Distinct().Should().BeEquivalentTo("first", "second", "third");
    }

    [TestMethod]
    public void Fit_SameSeed_SameBits()
    {
        IDataView data = context.View(Samples.Curved());
        var options = new TorchMlpOptions { HiddenLayers = [16], NumberOfEpochs = 3, Seed = 5 };
        var trainer = context.Regression.Trainers.TorchMlp(options);
        float[] first = [.. trainer.Fit(data).Transform(data).GetColumn<float>("Score")];
        float[] again = [.. trainer.Fit(data).Transform(data).GetColumn<float>("Score")];
        float[] another = [.. new MLContext(seed: 99).Regression.Trainers.TorchMlp(options).Fit(data).Transform(data).GetColumn<float>("Score")];
        again.Should().Equal(first);
        another.Should().Equal(first);
        options.Seed = 6;
        context.Regression.Trainers.TorchMlp(options).Fit(data).Transform(data).GetColumn<float>("Score").Should().NotEqual(first);
    }

    [TestMethod]
    public void Fit_ContextSeed_DecidesWithoutAnOwnSeed()
    {
        List<Samples.RegressionRow> rows = Samples.Curved(100);
        float[] Scores(int seed)
        {
            var own = new MLContext(seed);
            IDataView data = own.View(rows);
            return [.. own.Regression.Trainers.TorchMlp(hiddenLayers: [8], numberOfEpochs: 2).Fit(data).Transform(data).GetColumn<float>("Score")];
        }
        Scores(3).Should().Equal(Scores(3));
        Scores(3).Should().NotEqual(Scores(4));
    }

    [TestMethod]
    public void Fit_OptionsChangedAfterwards_NoEffect()
    {
        IDataView data = context.View(Samples.Linear(100));
        var options = new TorchLinearOptions { NumberOfEpochs = 2, Seed = 1 };
        var trainer = context.Regression.Trainers.TorchLinear(options);
        var before = trainer.Fit(data).Model.History;
        options.NumberOfEpochs = 7;
        trainer.Fit(data).Model.History!.Epochs.Should().HaveSameCount(before!.Epochs);
    }

    [TestMethod]
    public void Fit_EarlyStopping_KeepsTheBestEpoch()
    {
        IDataView data = context.View(Samples.Curved(200));
        var options = new TorchMlpOptions
        {
            HiddenLayers = [64], NumberOfEpochs = 200, BatchSize = 20, Seed = 1, ValidationFraction = 0.3,
            Optimizer = Optimizers.Adam(0.05), Schedule = LrSchedule.Constant, EarlyStopping = new EarlyStopping { Patience = 5 },
        };
        var history = context.Regression.Trainers.TorchMlp(options).Fit(data).Model.History!;
        history.Epochs.Length.Should().BeLessThan(200);
        double best = history.Epochs.Min(epoch => epoch.ValidationLoss);
        history.Epochs[history.BestEpoch].ValidationLoss.Should().Be(best);
        history.Epochs.Length.Should().Be(history.BestEpoch + 1 + 5);
    }

    [TestMethod]
    public void Fit_EarlyStoppingWithoutValidation_SaysWhatToDo()
    {
        IDataView data = context.View(Samples.Linear(50));
        var trainer = context.Regression.Trainers.TorchLinear(new TorchLinearOptions { EarlyStopping = new EarlyStopping() });
        trainer.Invoking(t => t.Fit(data)).Should().Throw<InvalidOperationException>().WithMessage("*ValidationFraction*");
    }

    [TestMethod]
    public void Fit_History_HasTheScheduledRates()
    {
        IDataView data = context.View(Samples.Linear(100));
        var schedule = LrSchedule.Warmup(2.Epochs()).Cosine(8.Epochs());
        var options = new TorchLinearOptions { NumberOfEpochs = 10, BatchSize = 10, Optimizer = Optimizers.Sgd(0.1), Schedule = schedule };
        var history = context.Regression.Trainers.TorchLinear(options).Fit(data).Model.History!;
        BoundSchedule bound = schedule.Bind(new TrainingPlan(100, 10, 10));
        history.Epochs.Should().HaveCount(10);
        history.Samples.Should().HaveCount(100);
        foreach (var sample in history.Samples) sample.LearningRates[0].Should().Be(0.1 * bound.FactorAt(sample.Step));
    }

    [TestMethod]
    public void Fit_RateFarTooHigh_SaysWhereAndWhatToDo()
    {
        IDataView data = context.View(Samples.Linear());
        var trainer = context.Regression.Trainers.TorchLinear(optimizer: Optimizers.Sgd(1e30), schedule: LrSchedule.Constant);
        trainer.Invoking(t => t.Fit(data)).Should().Throw<TrainingDivergedException>().WithMessage("*step*learning rate 1e+30*").Which.Step.Should().BeInRange(1, 10);
    }

    [TestMethod]
    public void Fit_Cancelled_StopsWithinAStep()
    {
        IDataView data = context.View(Samples.Curved());
        using var cancellation = new CancellationTokenSource();
        int epochs = 0;
        var options = new TorchMlpOptions { NumberOfEpochs = 1000, CancellationToken = cancellation.Token, Progress = new Immediate(_ => { epochs++; cancellation.Cancel(); }) };
        context.Regression.Trainers.TorchMlp(options).Invoking(t => t.Fit(data)).Should().Throw<OperationCanceledException>();
        epochs.Should().Be(1);
    }

    [TestMethod]
    public void Fit_MlContextLog_HasALinePerEpochWithTheRate()
    {
        var lines = new List<string>();
        context.Log += (_, entry) => lines.Add(entry.Message);
        context.Regression.Trainers.TorchLinear(numberOfEpochs: 3).Fit(context.View(Samples.Linear(50)));
        lines.Count(line => line.Contains("epoch ") && line.Contains("rate ")).Should().Be(3);
    }

    [TestMethod]
    public void Fit_FromAModel_GoesOnFromItsWeights()
    {
        IDataView data = context.View(Samples.Curved());
        var options = new TorchMlpOptions { HiddenLayers = [16], NumberOfEpochs = 10, Seed = 1, Optimizer = Optimizers.Adam(0.01), Schedule = LrSchedule.Constant };
        var trainer = context.Regression.Trainers.TorchMlp(options);
        var first = trainer.Fit(data);
        var second = trainer.Fit(data, first.Model);
        second.Model.History!.Epochs[0].TrainingLoss.Should().BeLessThan(first.Model.History!.Epochs[0].TrainingLoss / 2);
        options.HiddenLayers = [17];
        context.Regression.Trainers.TorchMlp(options).Invoking(t => t.Fit(data, first.Model)).Should().Throw<ArgumentException>().WithMessage("*layers*");
    }

    [TestMethod]
    public void Fit_ZeroWeightRows_DoNotCount()
    {
        List<Samples.RegressionRow> rows = Samples.Linear(200);
        foreach (Samples.RegressionRow row in rows.Take(100)) (row.Weight, row.Label) = (0, 1000);
        var model = context.Regression.Trainers.TorchLinear(exampleWeightColumnName: "Weight", optimizer: Optimizers.Adam(0.1), numberOfEpochs: 60, batchSize: 16).Fit(context.View(rows));
        IDataView good = context.View(rows.Skip(100));
        context.Regression.Evaluate(model.Transform(good)).RootMeanSquaredError.Should().BeLessThan(0.05);
    }

    [TestMethod]
    public void CrossValidate_AllTasks_Work()
    {
        context.Regression.CrossValidate(context.View(Samples.Linear()), context.Regression.Trainers.TorchLinear(optimizer: Optimizers.Adam(0.1)), 3)
            .Should().OnlyContain(fold => fold.Metrics.RSquared > 0.95);
        context.BinaryClassification.CrossValidate(context.View(Samples.Exclusive()), context.BinaryClassification.Trainers.TorchMlp(optimizer: Optimizers.AdamW(0.01), hiddenLayers: [32], batchSize: 32), 3)
            .Should().OnlyContain(fold => fold.Metrics.AreaUnderRocCurve > 0.9);
        var classes = context.Transforms.Conversion.MapValueToKey("Label").Append(context.MulticlassClassification.Trainers.TorchLinear(optimizer: Optimizers.AdamW(0.05)));
        context.MulticlassClassification.CrossValidate(context.View(Samples.Largest()), classes, 3).Should().OnlyContain(fold => fold.Metrics.MicroAccuracy > 0.9);
    }

    [TestMethod]
    public void OneVersusAll_OverTorchLinear_Works()
    {
        IDataView data = context.View(Samples.Largest());
        var pipeline = context.Transforms.Conversion.MapValueToKey("Label")
            .Append(context.MulticlassClassification.Trainers.OneVersusAll(context.BinaryClassification.Trainers.TorchLinear(optimizer: Optimizers.AdamW(0.05), numberOfEpochs: 10)));
        context.MulticlassClassification.Evaluate(pipeline.Fit(data).Transform(data)).MicroAccuracy.Should().BeGreaterThan(0.9);
    }

    [TestMethod]
    public void PermutationFeatureImportance_LinearData_RanksTheFeatures()
    {
        IDataView data = context.View(Samples.Linear());
        var model = context.Regression.Trainers.TorchLinear(optimizer: Optimizers.Adam(0.1)).Fit(data);
        var importance = context.Regression.PermutationFeatureImportance(model, data);
        importance.Select(feature => -feature.RSquared.Mean).Should().HaveCount(3);
        importance[0].RSquared.Mean.Should().BeLessThan(importance[1].RSquared.Mean);
        importance[1].RSquared.Mean.Should().BeLessThan(importance[2].RSquared.Mean);
    }

    [TestMethod]
    public void PermutationFeatureImportance_EveryModel_FindsWhatMatters()
    {
        // x2 plays no part in Exclusive, and every feature plays the same in Largest.
        IDataView exclusive = context.View(Samples.Exclusive()), curved = context.View(Samples.Curved());
        var options = new TorchMlpOptions { HiddenLayers = [32], NumberOfEpochs = 25, BatchSize = 32, Seed = 1, Optimizer = Optimizers.AdamW(0.01), InputScaling = InputScaling.Robust, MissingValues = MissingValueHandling.ImputeAndIndicate };
        var mlp = context.BinaryClassification.Trainers.TorchMlp(options).Fit(exclusive);
        Matters([.. context.BinaryClassification.PermutationFeatureImportance(mlp, exclusive).Select(feature => -feature.AreaUnderRocCurve.Mean)], 0.1);

        var small = new TorchTabularOptions { HiddenLayers = [16], NumberOfEpochs = 20, Members = 1, Folds = 0, Seed = 1 };
        var tabular = context.BinaryClassification.Trainers.TorchTabular(small).Fit(exclusive);
        Matters([.. context.BinaryClassification.PermutationFeatureImportance(tabular, exclusive).Select(feature => -feature.AreaUnderRocCurve.Mean)], 0.1);

        var regression = context.Regression.Trainers.TorchTabular(small).Fit(curved);
        context.Regression.PermutationFeatureImportance(regression, curved).Should().OnlyContain(feature => feature.RSquared.Mean < -0.1);

        IDataView largest = context.View(Samples.Largest());
        largest = context.Transforms.Conversion.MapValueToKey("Label").Fit(largest).Transform(largest);
        var classes = context.MulticlassClassification.Trainers.TorchMlp(options).Fit(largest);
        context.MulticlassClassification.PermutationFeatureImportance(classes, largest).Should().OnlyContain(feature => feature.MicroAccuracy.Mean < -0.1);

        static void Matters(double[] losses, double least)
        {
            losses[0].Should().BeGreaterThan(least);
            losses[1].Should().BeGreaterThan(least);
            losses[2].Should().BeLessThan(least / 3);
        }
    }

    [TestMethod]
    public void Save_ThenLoad_SamePredictions()
    {
        IDataView data = context.View(Samples.Curved(50));
        var model = context.Transforms.NormalizeMeanVariance("Features").Append(context.Regression.Trainers.TorchMlp(hiddenLayers: [8], numberOfEpochs: 2)).Fit(data);
        using var file = new MemoryStream();
        context.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        loaded.Transform(data).GetColumn<float>("Score").Should().Equal(model.Transform(data).GetColumn<float>("Score"));
    }

    [TestMethod]
    public void TorchMlpVector_SeveralQuantiles_CoverTheirShareAndNeverCross()
    {
        var random = new Random(1);
        var rows = Samples.Linear(2000, noise: 0);
        foreach (Samples.RegressionRow row in rows) row.Label += (float)random.NextDouble();
        IDataView data = context.View(rows);
        var options = new TorchLinearOptions { Loss = new QuantileLoss(0.1, 0.5, 0.9), Optimizer = Optimizers.Adam(0.05), NumberOfEpochs = 30, BatchSize = 100 };
        IDataView predictions = context.Regression.Trainers.TorchLinearVector(options).Fit(data).Transform(data);
        float[][] quantiles = [.. predictions.GetColumn<float[]>("Score")];
        for (int q = 0; q < 3; q++)
            rows.Zip(quantiles, (row, score) => row.Label < score[q] ? 1.0 : 0).Average().Should().BeApproximately(new[] { 0.1, 0.5, 0.9 }[q], 0.04);
        quantiles.Should().OnlyContain(score => score[0] <= score[1] && score[1] <= score[2]);
    }

    [TestMethod]
    public void TorchMlp_SeveralQuantiles_NamesTheVerbForThem() =>
        context.Regression.Trainers.Invoking(t => t.TorchMlp(new TorchMlpOptions { Loss = new QuantileLoss(0.1, 0.9) })).Should().Throw<ArgumentException>().WithMessage("*TorchMlpVector*");

    [TestMethod]
    public void TorchLinearVector_VectorLabel_LearnsEveryColumn()
    {
        IDataView data = context.View(Samples.Linear().Select(row => new VectorRow { Features = row.Features, Label = [row.Label, 100 * row.Features[0], -3] }));
        var model = context.Regression.Trainers.TorchLinearVector(optimizer: Optimizers.Adam(0.1), batchSize: 32).Fit(data);
        var rows = context.Data.CreateEnumerable<VectorRow>(model.Transform(data), reuseRowObject: false, ignoreMissingColumns: true);
        foreach (VectorRow row in rows)
            for (int i = 0; i < 3; i++) row.Score[i].Should().BeApproximately(row.Label[i], 0.02f * (i == 1 ? 100 : 1));
    }

    [TestMethod]
    public void TorchMlp_PoissonLoss_PredictsMeansThatAreNeverNegative()
    {
        var random = new Random(1);
        var rows = Samples.Linear(3000, noise: 0);
        foreach (Samples.RegressionRow row in rows)
        {
            double mean = 1000 * Math.Exp(row.Features[0]), noise = Math.Sqrt(mean) * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
            row.Label = (float)Math.Max(0, mean + noise);
        }
        IDataView data = context.View(rows);
        var model = context.Regression.Trainers.TorchLinear(new TorchLinearOptions { Loss = new PoissonLoss(), Optimizer = Optimizers.Adam(0.05), NumberOfEpochs = 20 }).Fit(data);
        context.Regression.Evaluate(model.Transform(data)).RSquared.Should().BeGreaterThan(0.98);
        model.Transform(data).GetColumn<float>("Score").Should().OnlyContain(score => score > 0);
    }

    [TestMethod]
    [DataRow("hinge")]
    [DataRow("focal")]
    public void TorchMlp_ScoreThatIsNoLogOdds_IsCalibrated(string name)
    {
        IDataView data = context.View(Samples.Exclusive());
        var options = new TorchMlpOptions { Loss = name == "hinge" ? new HingeLoss() : new FocalLoss(), Optimizer = Optimizers.AdamW(0.01), HiddenLayers = [32], NumberOfEpochs = 40, BatchSize = 32 };
        CalibratedBinaryClassificationMetrics metrics = context.BinaryClassification.Evaluate(context.BinaryClassification.Trainers.TorchMlp(options).Fit(data).Transform(data));
        metrics.AreaUnderRocCurve.Should().BeGreaterThan(0.97);
        metrics.LogLoss.Should().BeLessThan(0.35);
    }

    [TestMethod]
    public void TorchMlp_BalancedClasses_FindsTheRareOnes()
    {
        List<Samples.BinaryRow> rows = [.. Samples.Exclusive(4000).Where((row, i) => !row.Label || i % 40 == 0)];
        IDataView data = context.View(rows);
        double Recall(ClassWeights? weights)
        {
            var options = new TorchMlpOptions { ClassWeights = weights, HiddenLayers = [8], NumberOfEpochs = 15, Seed = 1, Optimizer = Optimizers.AdamW(0.01) };
            return context.BinaryClassification.Evaluate(context.BinaryClassification.Trainers.TorchMlp(options).Fit(data).Transform(data)).PositiveRecall;
        }
        Recall(ClassWeights.Balanced).Should().BeGreaterThan(Recall(null) + 0.1);
    }

    public static IEnumerable<object[]> Networks() =>
    [
        ["dropout", new TorchMlpOptions { HiddenLayers = [32, 32], Dropout = 0.05 }],
        ["batch norm", new TorchMlpOptions { HiddenLayers = [32, 32], Normalization = Normalization.Batch }],
        ["layer norm", new TorchMlpOptions { HiddenLayers = [32, 32], Normalization = Normalization.Layer }],
        ["residual", new TorchMlpOptions { HiddenLayers = [32, 32, 32], Residual = true }],
        ["all", new TorchMlpOptions { HiddenLayers = [32, 32, 32], Residual = true, Normalization = Normalization.Batch, Dropout = 0.02, Activation = ActivationFunction.Gelu }],
    ];

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void TorchMlp_AnyNetwork_LearnsAndScoresAsItTrained(string name, TorchMlpOptions options)
    {
        IDataView data = context.View(Samples.Curved());
        (options.Optimizer, options.NumberOfEpochs, options.BatchSize, options.Seed) = (Optimizers.AdamW(0.01), 40, 32, 1);
        // The engine judges the validation rows, the model's own scorer the transformed ones: they must agree.
        var model = context.Regression.Trainers.TorchMlp(options).Fit(data, data);
        double rmse = context.Regression.Evaluate(model.Transform(data)).RootMeanSquaredError;
        rmse.Should().BeLessThan(0.1, name);
        double deviation = Samples.Curved().Select(row => (double)row.Label).ToArray() is var labels ? Math.Sqrt(labels.Average(y => y * y) - Math.Pow(labels.Average(), 2)) : 0;
        Math.Sqrt(model.Model.History!.Epochs[^1].ValidationLoss).Should().BeApproximately(rmse / deviation, 1e-4);
    }

    [TestMethod]
    public void FindLearningRate_CurvedData_SuggestsARateThatTrains()
    {
        IDataView data = context.View(Samples.Curved());
        var options = new TorchMlpOptions { HiddenLayers = [32], NumberOfEpochs = 30, BatchSize = 32, Seed = 1, Optimizer = Optimizers.AdamW(1e-6) };
        var trainer = context.Regression.Trainers.TorchMlp(options);
        RangeTestResult found = trainer.FindLearningRate(data);
        found.Valley.Should().BeInRange(1e-4, 0.3);
        found.Rates.Should().BeInAscendingOrder();
        found.Rates[0].Should().BeApproximately(1e-7, 1e-12);
        found.SmoothedLosses.Should().HaveSameCount(found.Rates);
        trainer.FindLearningRate(data).Valley.Should().Be(found.Valley, "a test leaves nothing behind");

        options.AutoLearningRate = new RangeTest();
        var automatic = context.Regression.Trainers.TorchMlp(options).Fit(data);
        automatic.Model.History!.Epochs.Max(epoch => epoch.LearningRates[0]).Should().BeApproximately(found.Valley, found.Valley / 10);
        context.Regression.Evaluate(automatic.Transform(data)).RootMeanSquaredError.Should().BeLessThan(0.15);
    }

    private sealed class VectorRow
    {
        [VectorType(3)] public float[] Features { get; set; } = [];

        [VectorType(3)] public float[] Label { get; set; } = [];

        [VectorType(3)] public float[] Score { get; set; } = [];
    }

    private sealed class Immediate(Action<TrainingProgress> listener) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => listener(value);
    }
}
