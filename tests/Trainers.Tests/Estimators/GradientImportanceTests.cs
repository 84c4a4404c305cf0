using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

[TestClass]
public sealed class GradientImportanceTests
{
    private readonly MLContext context = new(seed: 1);

    private sealed class Row
    {
        public float Strong;
        public float Weak;
        public float Code;
        public float Label;
        public bool Positive;
        public string Class = "";
    }

    private IDataView Table(int count = 600)
    {
        var random = new Random(1);
        IDataView rows = context.View(Enumerable.Range(0, count).Select(i =>
        {
            float strong = 100 * random.NextSingle(), weak = random.NextSingle();
            int code = random.Next(1, 4);
            float label = 0.03f * strong + 0.2f * weak + (code == 2 ? 1 : 0);
            return new Row { Strong = strong, Weak = i % 10 == 0 ? float.NaN : weak, Code = code, Label = label, Positive = label > 2, Class = label < 1.2f ? "a" : label < 2.4f ? "b" : "c" };
        }).ToList());
        return context.Transforms.Concatenate("Features", "Strong", "Weak", "Code").Fit(rows).Transform(rows);
    }

    private static TorchMlpOptions Options(string label) => new()
    {
        LabelColumnName = label, HiddenLayers = [16], NumberOfEpochs = 15, BatchSize = 32, Seed = 1, Optimizer = Optimizers.AdamW(5e-3), Activation = ActivationFunction.Silu,
        InputScaling = InputScaling.Robust, MissingValues = MissingValueHandling.ImputeAndIndicate, CategoricalColumns = ["Code"], Normalization = Normalization.Batch,
    };

    [TestMethod]
    public void LinearModel_IsTheStandardisedCoefficient()
    {
        List<Samples.RegressionRow> rows = Samples.Linear(300);
        IDataView data = context.View(rows);
        var model = context.Regression.Trainers.TorchLinear(optimizer: Optimizers.Adam(0.1)).Fit(data);
        IReadOnlyList<FeatureImportance> importance = model.Model.GradientImportance(data);
        var output = (LinearOutput)model.Model.Network.Output;
        for (int slot = 0; slot < 3; slot++)
        {
            double[] column = [.. rows.Select(row => (double)row.Features[slot])];
            double spread = Math.Sqrt(column.Average(x => x * x) - Math.Pow(column.Average(), 2)), weight = Math.Abs(model.Model.Network.Parameter("output.weight")[slot] * output.Scale[0]);
            importance[slot].MeanAbsoluteGradient.Should().BeApproximately(weight, 1e-5);
            importance[slot].Spread.Should().BeApproximately(spread, 1e-6);
            importance[slot].Importance.Should().BeApproximately(weight * spread, 1e-5);
        }
        importance.Select(feature => feature.Name).Should().Equal("Features[0]", "Features[1]", "Features[2]");
        importance[0].Importance.Should().BeGreaterThan(importance[1].Importance);
    }

    [TestMethod]
    public void Regression_FrontAndBatchNorm_EqualsDifferencesOfTheScore()
    {
        IDataView data = Table();
        NetworkRegressionModelParameters model = context.Regression.Trainers.TorchMlp(Options("Label")).Fit(data).Model;
        IReadOnlyList<FeatureImportance> importance = model.GradientImportance(data);
        importance.Select(feature => (feature.Name, feature.Slot)).Should().Equal(("Strong", 0), ("Weak", 1), ("Code", 2));

        importance[0].MeanAbsoluteGradient.Should().BeApproximately(Differences(model, data, 0, 0.5f), 0.01 * importance[0].MeanAbsoluteGradient);
        importance[1].MeanAbsoluteGradient.Should().BeApproximately(Differences(model, data, 1, 0.01f), 0.01 * importance[1].MeanAbsoluteGradient);
        importance[0].Importance.Should().BeGreaterThan(5 * importance[1].Importance);
        importance[2].Importance.Should().BeInRange(0.3, 0.6, "a third of the rows is one class, so that 4 of 9 pairs differ by 1");
        (double.IsNaN(importance[2].MeanAbsoluteGradient), double.IsNaN(importance[2].Spread)).Should().Be((true, true));
    }

    [TestMethod]
    public void Classification_EveryTask_RanksTheFeatures()
    {
        IDataView data = Table();
        var binary = context.BinaryClassification.Trainers.TorchMlp(Options("Positive")).Fit(data).Model.SubModel.GradientImportance(data);
        binary[0].Importance.Should().BeGreaterThan(5 * binary[1].Importance);

        IDataView keyed = context.Transforms.Conversion.MapValueToKey("Class").Fit(data).Transform(data);
        var model = context.MulticlassClassification.Trainers.TorchMlp(Options("Class")).Fit(keyed).Model;
        IReadOnlyList<FeatureImportance> classes = model.GradientImportance(keyed);
        classes[0].Importance.Should().BeGreaterThan(5 * classes[1].Importance);
        // Probabilities sum to 1: no derivative is larger than what moves all of one class.
        classes[0].Importance.Should().BeLessThan(1);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(3)]
    public void Tabular_SeveralNetworks_EqualsDifferencesOfTheScore(int? shared)
    {
        IDataView data = Table();
        var options = new TorchTabularOptions { LabelColumnName = "Label", HiddenLayers = [16], NumberOfEpochs = 15, SharedMembers = shared, Members = shared is null ? 2 : 1, Folds = 0, Seed = 1, CategoricalColumns = ["Code"] };
        NetworkRegressionModelParameters model = context.Regression.Trainers.TorchTabular(options).Fit(data).Model;
        IReadOnlyList<FeatureImportance> importance = model.GradientImportance(data);
        // The edges of the bins are values of the rows: the score bends at one row in ten, where a difference sees both sides and a derivative one.
        importance[0].MeanAbsoluteGradient.Should().BeApproximately(Differences(model, data, 0, 0.01f), 0.1 * importance[0].MeanAbsoluteGradient);
        importance[1].MeanAbsoluteGradient.Should().BeApproximately(Differences(model, data, 1, 0.0001f), 0.1 * importance[1].MeanAbsoluteGradient);
    }

    [TestMethod]
    public void OwnModule_EqualsDifferencesOfTheScore()
    {
        IDataView data = context.View(Samples.Curved(200));
        var options = new TorchModuleOptions("importance", () => new Engines.Torch.TwoTowers()) { NumberOfEpochs = 5, Seed = 1, Optimizer = Optimizers.AdamW(0.01) };
        NetworkRegressionModelParameters model = context.Regression.Trainers.TorchModule(options).Fit(data).Model;
        IReadOnlyList<FeatureImportance> importance = model.GradientImportance(data);
        for (int slot = 0; slot < 3; slot++)
            importance[slot].MeanAbsoluteGradient.Should().BeApproximately(Differences(model, data, slot, 1f / 128), 0.01 * importance[slot].MeanAbsoluteGradient);
    }

    [TestMethod]
    public void Data_ThatDoesNotFit_SaysSo()
    {
        IDataView data = context.View(Samples.Linear(40));
        NetworkRegressionModelParameters model = context.Regression.Trainers.TorchLinear(numberOfEpochs: 1).Fit(data).Model;
        model.Invoking(it => it.GradientImportance(data, "Inputs")).Should().Throw<ArgumentException>().WithMessage("featureColumnName must name a column but was 'Inputs'. There are: Label, Features, Weight.*");
        model.Invoking(it => it.GradientImportance(data, "Label")).Should().Throw<ArgumentException>().WithMessage("Column 'Label' must be *Single, 3* but was Single.*");
        model.Invoking(it => it.GradientImportance(context.View(Samples.Linear(40).Take(0)))).Should().Throw<ArgumentException>().WithMessage("data must have at least one row but had none.*");
    }

    /// <summary>The mean |slope| of the score by central differences.</summary>
    private static double Differences(NetworkRegressionModelParameters model, IDataView data, int slot, float step)
    {
        float[] rows = [.. data.GetColumn<float[]>("Features").SelectMany(row => row)];
        return Scores(step).Zip(Scores(-step), (a, b) => Math.Abs((double)a - b)).Average() / (2 * step);

        float[] Scores(float by)
        {
            float[] moved = [.. rows], scores = new float[rows.Length / 3];
            for (int i = slot; i < moved.Length; i += 3) moved[i] += by;
            model.Network.Predict(moved, scores);
            return scores;
        }
    }
}
