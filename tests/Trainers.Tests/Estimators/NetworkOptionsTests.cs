using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

/// <summary>What TorchMlp and TorchLinear can do with the features before the network sees them.</summary>
[TestClass]
public sealed class NetworkOptionsTests
{
    private readonly MLContext context = new(seed: 1);

    private sealed class Row
    {
        public float Label;
        public float Wide;
        public float Skewed;
        public float Gappy;
        public float Town;
        public bool Positive;
        public string Class = "";
    }

    // Wide is large and far from 0, Skewed has outliers, Gappy is missing in a third of the rows (which itself says something), Town is one of
    // twelve codes or missing.
    private static List<Row> Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        float[] towns = [.. Enumerable.Range(0, 13).Select(i => MathF.Sin(5 * i))];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float a = 2 * random.NextSingle() - 1, b = 2 * random.NextSingle() - 1, c = 2 * random.NextSingle() - 1;
            bool missing = random.Next(3) == 0;
            int town = random.Next(13);
            float label = a * b + 0.5f * MathF.Sin(3 * a) + (missing ? 0.8f : 0.4f * c) + towns[town];
            return new Row
            {
                Label = label, Wide = 1e4f + 1e3f * a, Skewed = MathF.Exp(4 * b), Gappy = missing ? float.NaN : c, Town = town == 0 ? float.NaN : town,
                Positive = label > 0.4f, Class = label < 0 ? "low" : label < 0.8f ? "middle" : "high",
            };
        })];
    }

    private IDataView View(List<Row> rows) =>
        context.Transforms.Concatenate("Features", "Wide", "Skewed", "Gappy", "Town").Fit(context.View(rows)).Transform(context.View(rows));

    private static TorchMlpOptions All() => new()
    {
        HiddenLayers = [32, 32], Seed = 1, NumberOfEpochs = 25, BatchSize = 64, Optimizer = Optimizers.AdamW(5e-3),
        CategoricalColumns = ["Town"], MissingValues = MissingValueHandling.ImputeAndIndicate, PeriodicFrequencies = 8, PiecewiseLinearBins = 16,
        Activation = ActivationFunction.Silu, ParametricActivation = true, Residual = true, Normalization = Normalization.Layer, Dropout = 0.02,
        Initialization = WeightInitialization.DataDriven,
    };

    public static IEnumerable<object[]> Fronts() =>
    [
        ["all", All(), 0.25],
        ["standard", new TorchMlpOptions { InputScaling = InputScaling.Standard, MissingValues = MissingValueHandling.ImputeAndIndicate, CategoricalColumns = ["Town"], HiddenLayers = [32, 32] }, 0.35],
        ["robust", new TorchMlpOptions { InputScaling = InputScaling.Robust, MissingValues = MissingValueHandling.ImputeAndIndicate, CategoricalColumns = ["Town"], HiddenLayers = [32, 32] }, 0.3],
        ["Xavier, batch norm", new TorchMlpOptions { InputScaling = InputScaling.Robust, MissingValues = MissingValueHandling.Impute, CategoricalColumns = ["Town"], Initialization = WeightInitialization.Xavier, Activation = ActivationFunction.Tanh, Normalization = Normalization.Batch, HiddenLayers = [32, 32] }, 0.5],
        ["one-hot", new TorchMlpOptions { InputScaling = InputScaling.Robust, MissingValues = MissingValueHandling.ImputeAndIndicate, CategoricalColumns = ["Town"], OneHotCategories = 12, HiddenLayers = [32, 32] }, 0.3],
    ];

    [TestMethod]
    [DynamicData(nameof(Fronts))]
    public void TorchMlp_AnyFront_LearnsAndTheSavedModelScoresAsItTrained(string name, TorchMlpOptions options, double bound)
    {
        (options.Optimizer, options.NumberOfEpochs, options.BatchSize, options.Seed) = (Optimizers.AdamW(0.01), 15, 32, 1);
        IDataView train = View(Rows(1000)), test = View(Rows(300, seed: 2));
        var model = context.Regression.Trainers.TorchMlp(options).Fit(train, test);
        double rmse = context.Regression.Evaluate(model.Transform(test)).RootMeanSquaredError;
        rmse.Should().BeLessThan(bound, name);
        double[] labels = [.. train.GetColumn<float>("Label").Select(label => (double)label)];
        double deviation = Math.Sqrt(labels.Average(y => y * y) - Math.Pow(labels.Average(), 2));
        Math.Sqrt(model.Model.History!.Epochs[^1].ValidationLoss).Should().BeApproximately(rmse / deviation, 2e-4);

        using var file = new MemoryStream();
        context.Model.Save(model, train.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        loaded.Transform(test).GetColumn<float>("Score").Should().Equal(model.Transform(test).GetColumn<float>("Score"));
        model.Model.Summary().Should().Contain("CategoricalEmbedding (1 columns)").And.Contain("missing");
    }

    [TestMethod]
    public void TorchMlp_FrontInClassification_Separates()
    {
        TorchMlpOptions options = All();
        options.LabelColumnName = "Positive";
        (options.NumberOfEpochs, options.Optimizer) = (8, Optimizers.AdamW(0.01));
        var binary = context.BinaryClassification.Trainers.TorchMlp(options).Fit(View(Rows(1000)));
        context.BinaryClassification.Evaluate(binary.Transform(View(Rows(500, seed: 2))), "Positive").AreaUnderRocCurve.Should().BeGreaterThan(0.97);

        options.LabelColumnName = "Class";
        var classes = context.Transforms.Conversion.MapValueToKey("Class").Append(context.MulticlassClassification.Trainers.TorchMlp(options)).Fit(View(Rows(1000)));
        context.MulticlassClassification.Evaluate(classes.Transform(View(Rows(500, seed: 2))), "Class").MicroAccuracy.Should().BeGreaterThan(0.85);
    }

    [TestMethod]
    public void TorchLinear_PiecewiseLinearEncoding_IsASumOfCurves()
    {
        var rows = Samples.Linear(800);
        foreach (Samples.RegressionRow row in rows) row.Label = MathF.Abs(row.Features[0]) + row.Features[1] * row.Features[1] - (row.Features[2] > 0.2f ? 1 : 0);
        IDataView data = context.View(rows);
        double Rmse(TorchLinearOptions options)
        {
            (options.Optimizer, options.NumberOfEpochs, options.BatchSize, options.Seed) = (Optimizers.Adam(0.03), 25, 32, 1);
            return context.Regression.Evaluate(context.Regression.Trainers.TorchLinear(options).Fit(data).Transform(data)).RootMeanSquaredError;
        }
        Rmse(new TorchLinearOptions { PiecewiseLinearBins = 24 }).Should().BeLessThan(0.3 * Rmse(new TorchLinearOptions()));
    }

    [TestMethod]
    public void MissingValues_Impute_ScoresAGapAsTheMedian()
    {
        var rows = Samples.Linear(101);
        for (int i = 0; i < 30; i++) rows[i].Features[1] = float.NaN;
        var trainer = context.Regression.Trainers.TorchLinear(new TorchLinearOptions { MissingValues = MissingValueHandling.Impute, NumberOfEpochs = 5 });
        var model = trainer.Fit(context.View(rows));
        float[] known = [.. rows.Skip(30).Select(row => row.Features[1]).Order()];
        float[] scores = [.. model.Transform(context.View([new Samples.RegressionRow { Features = [1, float.NaN, 2] }, new Samples.RegressionRow { Features = [1, known[35], 2] }])).GetColumn<float>("Score")];
        scores[0].Should().Be(scores[1]);
    }

    [TestMethod]
    public void MissingValues_ImputeAndIndicate_OnlyColumnsWithGapsGetAnIndicator()
    {
        TorchMlpOptions options = All();
        options.NumberOfEpochs = 1;
        var network = context.Regression.Trainers.TorchMlp(options).Fit(View(Rows(200))).Model.Network.Network;
        network.Layers[0].Should().Be(new MissingIndicators("indicators", 4, [2]));
        network.Layers.Select(layer => layer.Name).Take(5).Should().Equal("indicators", "missing", "categories", "encoding", "layers.0");
    }

    [TestMethod]
    public void MissingValues_NotSet_AGapIsAnErrorButAMissingCategoryIsNot()
    {
        IDataView data = View(Rows(60));
        var options = new TorchMlpOptions { CategoricalColumns = ["Town"], NumberOfEpochs = 1 };
        context.Regression.Trainers.TorchMlp(options).Invoking(trainer => trainer.Fit(data)).Should().Throw<InvalidOperationException>().WithMessage("Column 'Features' of row*slot 2 ('Gappy') was NaN*MissingValues*");
        IDataView whole = View([.. Rows(60).Where(row => !float.IsNaN(row.Gappy))]);
        context.Regression.Trainers.TorchMlp(options).Fit(whole).Transform(whole).GetColumn<float>("Score").Should().OnlyContain(score => float.IsFinite(score));
    }

    private sealed class TownRow
    {
        public float Label;
        public float Number;
        public string Town = "";
    }

    [TestMethod]
    public void CategoricalColumns_KeysOfWords_AreLearned()
    {
        string[] towns = ["Aachen", "Bonn", "Celle", "Dresden"];
        var random = new Random(3);
        List<TownRow> Make(int rows) => [.. Enumerable.Range(0, rows).Select(_ =>
        {
            int town = random.Next(4);
            float number = random.NextSingle();
            return new TownRow { Town = towns[town], Number = number, Label = 3 * (town % 2) + number };
        })];
        var options = new TorchMlpOptions { CategoricalColumns = ["Town"], HiddenLayers = [16], NumberOfEpochs = 30, BatchSize = 32, Seed = 1, Optimizer = Optimizers.AdamW(0.01) };
        var model = context.Transforms.Conversion.MapValueToKey("Town").Append(context.Transforms.Conversion.MapKeyToCode("Town"))
            .Append(context.Transforms.Concatenate("Features", "Number", "Town")).Append(context.Regression.Trainers.TorchMlp(options)).Fit(context.View(Make(400)));
        context.Regression.Evaluate(model.Transform(context.View(Make(200)))).RootMeanSquaredError.Should().BeLessThan(0.1);
        // A town that the key has never seen is the missing one.
        IDataView unseen = context.View([new TownRow { Town = "Essen" }, new TownRow { Town = "" }]);
        float[] scores = [.. model.Transform(unseen).GetColumn<float>("Score")];
        scores[0].Should().Be(scores[1]).And.NotBe(float.NaN);
        model.Transform(context.View([.. towns.Select(town => new TownRow { Town = town })])).GetColumn<float>("Town").Should().BeEquivalentTo([1f, 2f, 3f, 4f]);

        using var file = new MemoryStream();
        context.Model.Save(model, unseen.Schema, file);
        file.Position = 0;
        new MLContext().Model.Load(file, out _).Transform(unseen).GetColumn<float>("Score").Should().Equal(scores);
    }

    [TestMethod]
    public void MapKeyToCode_NoKeys_SaysWhatToDo()
    {
        IDataView data = context.View([new TownRow { Town = "Essen" }]);
        context.Transforms.Conversion.MapKeyToCode("Town").Invoking(it => it.Fit(data)).Should().Throw<ArgumentException>().WithMessage("Column 'Town' must hold keys of UInt32*but was String. Map its values with Conversion.MapValueToKey first.");
        context.Transforms.Conversion.MapKeyToCode("Town", "City").Invoking(it => it.Fit(data)).Should().Throw<ArgumentException>().WithMessage("inputColumnName must name a column but was 'City'. There are: Label, Number, Town.");
    }

    [TestMethod]
    public void CategoricalColumns_CategoryNeverSeen_ScoresAsAMissingOne()
    {
        TorchMlpOptions options = All();
        options.NumberOfEpochs = 1;
        var model = context.Regression.Trainers.TorchMlp(options).Fit(View(Rows(200)));
        List<Row> rows = [.. Rows(2).Select(row => new Row { Wide = 1e4f, Skewed = 1, Gappy = 0, Town = 99 })];
        rows[1].Town = float.NaN;
        float[] scores = [.. model.Transform(View(rows)).GetColumn<float>("Score")];
        scores[0].Should().Be(scores[1]);
    }

    [TestMethod]
    public void Fit_FromAModelWithAFront_GoesOnFromIt()
    {
        IDataView data = View(Rows(600));
        TorchMlpOptions options = All();
        (options.NumberOfEpochs, options.Schedule, options.Dropout) = (8, LrSchedule.Constant, 0);
        var trainer = context.Regression.Trainers.TorchMlp(options);
        var first = trainer.Fit(data);
        // Other rows: what was fitted to the first ones stays.
        var second = trainer.Fit(View(Rows(500, seed: 5)), first.Model);
        second.Model.History!.Epochs[0].TrainingLoss.Should().BeLessThan(first.Model.History!.Epochs[0].TrainingLoss / 2);
        second.Model.Network.Parameter("encoding.center").ToArray().Should().Equal(first.Model.Network.Parameter("encoding.center").ToArray());

        var bare = new TorchMlpOptions { HiddenLayers = [32, 32] };
        context.Regression.Trainers.TorchMlp(bare).Invoking(t => t.Fit(View([.. Rows(60).Where(row => !float.IsNaN(row.Gappy) && !float.IsNaN(row.Town))]), first.Model))
            .Should().Throw<ArgumentException>().WithMessage("The model to start from must take 4 features and have the layers Dense*");
    }

    [TestMethod]
    public void FindLearningRate_WithAFront_SuggestsARateAndChangesNothing()
    {
        IDataView data = View(Rows(400));
        TorchMlpOptions options = All();
        options.NumberOfEpochs = 2;
        var trainer = context.Regression.Trainers.TorchMlp(options);
        float[] before = [.. trainer.Fit(data).Transform(data).GetColumn<float>("Score")];
        double rate = trainer.FindLearningRate(data).Valley;
        rate.Should().BeInRange(1e-5, 1);
        trainer.FindLearningRate(data).Valley.Should().Be(rate);
        trainer.Fit(data).Transform(data).GetColumn<float>("Score").Should().Equal(before);
    }

    [TestMethod]
    public void Options_NothingSet_TheNetworkIsTheBareOne()
    {
        var model = context.Regression.Trainers.TorchMlp(hiddenLayers: [8], numberOfEpochs: 1).Fit(context.View(Samples.Linear(50)));
        model.Model.Network.Network.Layers.Select(layer => layer.GetType()).Should().Equal(typeof(Dense), typeof(Activation), typeof(Dense));
    }

    [TestMethod]
    public void ParameterNames_EveryOption_AreThoseOfTheDocumentation()
    {
        TorchMlpOptions options = All();
        (options.NumberOfEpochs, options.Normalization, options.OneHotCategories, options.CategoryWidth) = (1, Normalization.Batch, 5, 6);
        var layout = context.Regression.Trainers.TorchMlp(options).Fit(View(Rows(200))).Model.Network.Network.Layout;
        layout.Select(slot => $"{slot.Spec.Name} {string.Join("x", slot.Spec.Shape)}{(slot.Spec.IsTrainable ? "" : " kept")}").Should().Equal(
            "categories.tables.0 13x6",
            "encoding.frequencies 3x8", "encoding.phases 3x8", "encoding.weight 3x24x7", "encoding.bias 3x7",
            "layers.0.weight 31x32", "layers.0.bias 32", "layers.0.norm.weight 32", "layers.0.norm.bias 32", "layers.0.activation.blend 32",
            "layers.1.weight 32x32", "layers.1.bias 32", "layers.1.norm.weight 32", "layers.1.norm.bias 32", "layers.1.activation.blend 32",
            "output.weight 32x1", "output.bias 1",
            "missing.replacement 5 kept", "encoding.center 10 kept", "encoding.scale 10 kept", "encoding.edges 3x17 kept",
            "layers.0.norm.running_mean 32 kept", "layers.0.norm.running_var 32 kept", "layers.1.norm.running_mean 32 kept", "layers.1.norm.running_var 32 kept");
        options = new TorchMlpOptions { InputScaling = InputScaling.Standard, HiddenLayers = [], NumberOfEpochs = 1 };
        context.Regression.Trainers.TorchMlp(options).Fit(context.View(Samples.Linear(30))).Model.Network.Network.Layout.Select(slot => slot.Spec.Name)
            .Should().Equal("output.weight", "output.bias", "scaling.mean", "scaling.scale");
    }

    public static IEnumerable<object[]> Contradictions() =>
    [
        [new TorchMlpOptions { PeriodicFrequencies = 4, InputScaling = InputScaling.Standard }, "InputScaling must be Robust where numbers are encoded but was Standard.*"],
        [new TorchMlpOptions { PiecewiseLinearBins = 4, InputScaling = InputScaling.None }, "InputScaling must be Robust where numbers are encoded but was None.*"],
        [new TorchMlpOptions { CategoricalColumns = ["A", "B", "A"] }, "CategoricalColumns must name each slot once but was A, B, A.*"],
    ];

    [TestMethod]
    [DynamicData(nameof(Contradictions))]
    public void Options_Contradiction_IsRefusedWhenTheTrainerIsMade(TorchMlpOptions options, string message) =>
        context.Regression.Trainers.Invoking(trainers => trainers.TorchMlp(options)).Should().Throw<ArgumentException>().WithMessage(message);

    [TestMethod]
    public void Options_UnknownSlot_SaysWhichThereAre()
    {
        var trainer = context.Regression.Trainers.TorchMlp(new TorchMlpOptions { CategoricalColumns = ["City"], MissingValues = MissingValueHandling.Impute });
        trainer.Invoking(it => it.Fit(View(Rows(20)))).Should().Throw<ArgumentException>().WithMessage("CategoricalColumns must name slots of 'Features' but 'City' is none. There are: Wide, Skewed, Gappy, Town.*");
    }

    [TestMethod]
    public void Options_OutOfRange_SaysTheRule()
    {
        var options = new TorchMlpOptions();
        options.Invoking(it => it.InputScaling = (InputScaling)9).Should().Throw<ArgumentOutOfRangeException>().WithMessage("InputScaling must be one of None, Standard, Robust but was 9.*");
        options.Invoking(it => it.MissingValues = (MissingValueHandling)9).Should().Throw<ArgumentOutOfRangeException>().WithMessage("MissingValues must be one of Error*");
        options.Invoking(it => it.Initialization = (WeightInitialization)9).Should().Throw<ArgumentOutOfRangeException>().WithMessage("Initialization must be one of Kaiming*");
        options.Invoking(it => it.Activation = (ActivationFunction)99).Should().Throw<ArgumentOutOfRangeException>().WithMessage("Activation must be one of Relu*");
        options.Invoking(it => it.PeriodicFrequencies = -1).Should().Throw<ArgumentOutOfRangeException>().WithMessage("PeriodicFrequencies must be between 0 and 16777216 but was -1.*");
        options.Invoking(it => it.EncodingWidth = 1).Should().Throw<ArgumentOutOfRangeException>().WithMessage("EncodingWidth must be between 2 and 16777216 but was 1.*");
    }
}
