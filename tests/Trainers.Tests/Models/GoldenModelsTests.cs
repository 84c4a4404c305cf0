using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Trainers.Tests.Estimators;

namespace Trainers.Tests.Models;

/// <summary>
/// Models that trainers of earlier versions fitted and saved, with their history: tests/Trainers.Tests/Models/Golden. Each must load for ever and
/// score as it did. A file is never changed; new options add one, made by <see cref="Write_NewGoldenModels_WhereAFolderIsGiven"/>. Every kind of layer
/// by itself is in tests/NeuralNetworks.Tests/Golden.
/// </summary>
[TestClass]
public sealed class GoldenModelsTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Models", "Golden");

    private readonly MLContext context = new(seed: 1);

    private sealed class Row
    {
        public float Number;
        public float Gappy;
        public float Town;
        public float Label;
        public bool Positive;
        public string Class = "";
    }

    public static IEnumerable<object[]> Files => Directory.GetFiles(Folder, "*.zip").Order(StringComparer.Ordinal).Select(file => new object[] { Path.GetFileName(file) });

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void Load_FittedByAnEarlierVersion_ScoresAsItDid(string file)
    {
        ITransformer model = context.Model.Load(Path.Combine(Folder, file), out _);
        float[] scores = Scores(model.Transform(Rows()));
        float[] expected = [.. File.ReadLines(Path.Combine(Folder, Path.ChangeExtension(file, ".scores"))).Select(line => float.Parse(line, CultureInfo.InvariantCulture))];
        scores.Should().HaveCount(expected.Length);
        for (int i = 0; i < expected.Length; i++) scores[i].Should().BeApproximately(expected[i], 1e-5f * MathF.Max(1, MathF.Abs(expected[i])));

        TrainingHistory history = HistoryOf(model);
        history.Epochs.Should().HaveCount(3);
        history.Epochs.Should().OnlyContain(epoch => epoch.ValidationMetrics.Count >= 2 && epoch.TrainingMetrics.Count >= 2 && epoch.ValidationMetrics["mine"] == epoch.Epoch);
        history.ToCsv().Should().Contain("validation_mine");
    }

    [TestMethod]
    public void Files_EveryTask_IsThere() => Files.Select(file => (string)file[0]).Should().Contain(["v1-mlp-regression.zip", "v1-mlp-binary.zip", "v1-mlp-multiclass.zip"]);

    /// <summary>Set MLNETLR_WRITE_GOLDEN to a folder to write the files there; otherwise this only checks that they can be made.</summary>
    [TestMethod]
    public void Write_NewGoldenModels_WhereAFolderIsGiven()
    {
        string? folder = Environment.GetEnvironmentVariable("MLNETLR_WRITE_GOLDEN");
        IDataView rows = Rows();
        foreach ((string name, IEstimator<ITransformer> trainer) in new (string, IEstimator<ITransformer>)[]
        {
            ("v1-mlp-regression", context.Regression.Trainers.TorchMlp(Options("Label"))),
            ("v1-mlp-binary", context.BinaryClassification.Trainers.TorchMlp(Options("Positive"))),
            ("v1-mlp-multiclass", context.Transforms.Conversion.MapValueToKey("Class").Append(context.MulticlassClassification.Trainers.TorchMlp(Options("Class")))),
        })
        {
            ITransformer model = trainer.Fit(rows);
            float[] scores = Scores(model.Transform(rows));
            scores.Should().NotBeEmpty().And.OnlyContain(score => float.IsFinite(score));
            HistoryOf(model).Epochs[^1].ValidationMetrics.Should().ContainKey("mine");
            if (folder is null) continue;
            context.Model.Save(model, rows.Schema, Path.Combine(folder, name + ".zip"));
            File.WriteAllLines(Path.Combine(folder, name + ".scores"), scores.Select(score => score.ToString("R", CultureInfo.InvariantCulture)));
        }
    }

    // Every option that leaves a trace in a model.
    private static TorchMlpOptions Options(string label) => new()
    {
        LabelColumnName = label, HiddenLayers = [6, 6], NumberOfEpochs = 3, BatchSize = 16, Seed = 1, ValidationFraction = 0.25, TrainingMetrics = true,
        CategoricalColumns = ["Town"], OneHotCategories = 2, CategoryWidth = 3, MissingValues = MissingValueHandling.ImputeAndIndicate, PeriodicFrequencies = 3, PiecewiseLinearBins = 5, EncodingWidth = 4,
        Activation = ActivationFunction.Mish, ParametricActivation = true, Residual = true, Normalization = Normalization.Batch, Dropout = 0.1, Initialization = WeightInitialization.DataDriven,
        EarlyStopping = new EarlyStopping { Patience = 5 }, StopWhen = now => { now.Report("mine", now.Epoch); return false; },
    };

    private IDataView Rows()
    {
        var random = new Random(7);
        IDataView rows = context.View(Enumerable.Range(0, 80).Select(i =>
        {
            float number = 10 * random.NextSingle(), gappy = random.NextSingle() - 0.5f;
            int town = random.Next(5);
            float label = number / 5 + gappy + MathF.Sin(town);
            return new Row { Number = number, Gappy = i % 4 == 0 ? float.NaN : gappy, Town = town == 0 ? float.NaN : town, Label = label, Positive = label > 1.2f, Class = label < 0.8f ? "a" : label < 1.8f ? "b" : "c" };
        }).ToList());
        return context.Transforms.Concatenate("Features", "Number", "Gappy", "Town").Fit(rows).Transform(rows);
    }

    private static TrainingHistory HistoryOf(ITransformer model)
    {
        if (model is IEnumerable<ITransformer> chain) model = chain.Last();
        return model switch
        {
            RegressionPredictionTransformer<NetworkRegressionModelParameters> regression => regression.Model.History!,
            MulticlassPredictionTransformer<NetworkMulticlassModelParameters> classes => classes.Model.History!,
            BinaryPredictionTransformer<CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>> binary => binary.Model.SubModel.History!,
            _ => throw new AssertFailedException($"{model.GetType()} is no model of this library."),
        };
    }

    private static float[] Scores(IDataView scored) => scored.Schema["Score"].Type is VectorDataViewType
        ? [.. scored.GetColumn<float[]>("Score").SelectMany(score => score)]
        : [.. scored.GetColumn<float>("Score")];
}
