using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>The verb as a user calls it.</summary>
[TestClass]
public sealed class TorchTabularTests
{
    private readonly MLContext context = new(seed: 1);

    [TestMethod]
    public void Regression_StepAndProduct_BeatsTheLinearModelByFar()
    {
        IDataView train = context.View(Tables.Rows(600)), test = context.View(Tables.Rows(300, seed: 2));
        var model = context.Regression.Trainers.TorchTabular(Options("Value", options => options.NumberOfEpochs = 40)).Fit(train);
        double rmse = Rmse(model.Transform(test));
        rmse.Should().BeLessThan(0.5 * Rmse(context.Regression.Trainers.Sdca("Value").Fit(train).Transform(test)));
    }

    [TestMethod]
    public void Binary_SmallTable_HoldsFoldsOutAndPredictsWell()
    {
        IDataView train = context.View(Tables.Rows(400)), test = context.View(Tables.Rows(300, seed: 2));
        var model = context.BinaryClassification.Trainers.TorchTabular(Options("Positive", options => (options.Folds, options.Members) = (4, null))).Fit(train);
        var metrics = context.BinaryClassification.Evaluate(model.Transform(test), "Positive");
        metrics.AreaUnderRocCurve.Should().BeGreaterThan(0.9);
        metrics.LogLoss.Should().BeLessThan(0.55);
        model.Model.SubModel.Network.Members.Should().Be(4);
    }

    [TestMethod]
    public void Multiclass_ThreeBands_PredictsWell()
    {
        IDataView train = context.View(Tables.Rows(600)), test = context.View(Tables.Rows(300, seed: 2));
        var model = context.MulticlassClassification.Trainers.TorchTabular(Options("Class", options => options.NumberOfEpochs = 30)).Fit(train);
        context.MulticlassClassification.Evaluate(model.Transform(test), "Class").MicroAccuracy.Should().BeGreaterThan(0.8);
    }

    [TestMethod]
    public void Fit_AnyNumberOfThreads_GivesTheSameModel()
    {
        IDataView train = context.View(Tables.Rows(200));
        float[] Train(int threads, int folds) => context.Regression.Trainers.TorchTabular(Options("Value", options =>
        {
            (options.NumberOfThreads, options.Folds, options.Members, options.Seed) = (threads, folds, null, 5);
        })).Fit(train).Model.Network.Weights(member: 1).ToArray();
        Train(1, folds: 0).Should().Equal(Train(3, folds: 0));
        Train(1, folds: 2).Should().Equal(Train(3, folds: 2));
    }

    [TestMethod]
    public void Model_SavedAndLoaded_PredictsTheSame()
    {
        IDataView data = context.View(Tables.Rows(200));
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(data);
        using var file = new MemoryStream();
        context.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = context.Model.Load(file, out _);
        Scores(loaded.Transform(data)).Should().Equal(Scores(model.Transform(data)));
    }

    [TestMethod]
    public void Predictions_FarFromTheData_StayWithinTheLabels()
    {
        IDataView train = context.View(Tables.Rows(200));
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(train);
        float[] far = Scores(model.Transform(context.View(Tables.Rows(50, seed: 3).Select(row => (row.Features.Select(x => 1000 * x).ToArray(), row.Value)))));
        float[] labels = [.. Tables.Rows(200).Select(row => row.Value)];
        far.Should().OnlyContain(score => score >= labels.Min() && score <= labels.Max());
    }

    [TestMethod]
    public void Features_Missing_AreTakenInTrainingAndScoring()
    {
        var random = new Random(6);
        IDataView data = context.View(Tables.Rows(300).Select(row => (row.Features.Select(x => random.Next(5) == 0 ? float.NaN : x).ToArray(), row.Value)));
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(data);
        Scores(model.Transform(data)).Should().OnlyContain(score => float.IsFinite(score));
    }

    [TestMethod]
    [DataRow(5, DisplayName = "one-hot")]
    [DataRow(40, DisplayName = "embedded")]
    public void CategoricalColumns_Codes_LearnAnEffectPerCategory(int categories)
    {
        var random = new Random(8);
        float[] effect = [.. Enumerable.Range(0, categories + 1).Select(_ => random.NextSingle() * 2 - 1)];
        IDataView Make(int rows) => context.Transforms.Concatenate("Features", "Number", "Code").Fit(View()).Transform(View(rows));
        IDataView View(int rows = 1) => context.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(_ =>
        {
            int code = random.Next(1, categories + 1);
            float number = random.NextSingle();
            return new Coded { Number = number, Code = code, Value = effect[code] + 0.2f * number };
        }).ToArray());
        var model = context.Regression.Trainers.TorchTabular(Options("Value", options =>
        {
            (options.CategoricalColumns, options.NumberOfEpochs, options.Members) = (["Code"], 60, 1);
        })).Fit(Make(1000));
        Rmse(model.Transform(Make(400))).Should().BeLessThan(0.15);
        model.Model.Network.Network.Layout.Should().Contain(slot => slot.Spec.Name == "categories.tables.0");
    }

    [TestMethod]
    [DataRow(1e9f, DisplayName = "huge")]
    [DataRow(-1f, DisplayName = "negative")]
    [DataRow(2.5f, DisplayName = "no whole number")]
    public void CategoricalColumns_UnusableCode_SaysWhereItIs(float code)
    {
        IDataView data = context.Data.LoadFromEnumerable(Enumerable.Range(0, 50).Select(i => new Coded { Number = i, Code = i == 17 ? code : i % 5, Value = i }));
        data = context.Transforms.Concatenate("Features", "Number", "Code").Fit(data).Transform(data);
        var trainer = context.Regression.Trainers.TorchTabular(Options("Value", options => options.CategoricalColumns = ["Code"]));
        trainer.Invoking(it => it.Fit(data)).Should().Throw<InvalidOperationException>()
            .WithMessage(FormattableString.Invariant($"The category code in feature 1 of training row 17 (counting from 0) must be a whole number from 0 to 4194304, or missing, but was {code}. *"));
    }

    [TestMethod]
    public void CategoricalColumns_UnknownName_SaysWhatThereIs()
    {
        IDataView data = context.View(Tables.Rows(50));
        var trainer = context.Regression.Trainers.TorchTabular(Options("Value", options => options.CategoricalColumns = ["Town"]));
        trainer.Invoking(it => it.Fit(data)).Should().Throw<ArgumentException>().WithMessage("*'Town' is none*");
    }

    [TestMethod]
    public void Fit_ValidationRows_KeepsEachMembersBestEpoch()
    {
        IDataView train = context.View(Tables.Rows(300)), validation = context.View(Tables.Rows(100, seed: 2));
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(train, validation);
        TrainingHistory.FromJson(model.Model.Network.History).BestEpoch.Should().BeGreaterThanOrEqualTo(0);
    }

    [TestMethod]
    public void Fit_FromAModel_GoesOn()
    {
        IDataView data = context.View(Tables.Rows(400));
        var trainer = context.Regression.Trainers.TorchTabular(Options("Value", options => options.NumberOfEpochs = 3));
        var first = trainer.Fit(data);
        var second = trainer.Fit(data, first.Model);
        Rmse(second.Transform(data)).Should().BeLessThan(Rmse(first.Transform(data)));
    }

    [TestMethod]
    [DataRow(null, 3)]
    [DataRow(2, 2)]
    [DataRow(5, 5)]
    public void Fit_FromAModel_HasItsMembersUnlessTheUserSaysHowMany(int? members, int expected)
    {
        IDataView data = context.View(Tables.Rows(60));
        TorchTabularOptions With(int? folds, int? own) => Options("Value", options => (options.Folds, options.Members, options.NumberOfEpochs) = (folds, own, 1));
        var first = context.Regression.Trainers.TorchTabular(With(3, null)).Fit(data);
        context.Regression.Trainers.TorchTabular(With(null, members)).Fit(data, first.Model).Model.Network.Members.Should().Be(expected);
    }

    internal static TorchTabularOptions Options(string label, Action<TorchTabularOptions>? change = null)
    {
        var options = new TorchTabularOptions { LabelColumnName = label, HiddenLayers = [32, 32], NumberOfEpochs = 8, BatchSize = 64, Members = 2, Folds = 0, Seed = 3 };
        change?.Invoke(options);
        return options;
    }

    private double Rmse(IDataView scored) => context.Regression.Evaluate(scored, "Value").RootMeanSquaredError;

    private static float[] Scores(IDataView scored) => [.. scored.GetColumn<float>("Score")];

    private sealed class Coded
    {
        public float Number;
        public float Code;
        public float Value;
    }
}
