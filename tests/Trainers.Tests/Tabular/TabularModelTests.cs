using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>What a model of TorchTabular can do once it is trained, with encodings, categories, gaps and several members in it.</summary>
[TestClass]
public sealed class TabularModelTests
{
    private const int Columns = 4, Categories = 12;

    private readonly MLContext context = new(seed: 1);
    private readonly string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");

    [TestCleanup]
    public void RemoveFile() => File.Delete(path);

    [TestMethod]
    [DataRow(0, null, DisplayName = "members")]
    [DataRow(2, null, DisplayName = "held-out folds")]
    [DataRow(0, 3, DisplayName = "members that share weights")]
    public void SaveOnnx_EveryTask_ScoresAsTheModelDoes(int folds, int? shared)
    {
        IDataView data = View(300);
        TorchTabularOptions Task(string label) => Options(label, options => (options.Folds, options.SharedMembers, options.Members) = (folds, shared, null));
        foreach ((FittedNetwork network, string column) in new (FittedNetwork, string)[]
        {
            (context.Regression.Trainers.TorchTabular(Task("Value")).Fit(data).Model.Network, "Score"),
            (context.BinaryClassification.Trainers.TorchTabular(Task("Positive")).Fit(data).Model.SubModel.Network, "Probability"),
            (context.MulticlassClassification.Trainers.TorchTabular(Task("Class")).Fit(data).Model.Network, "Score"),
        })
        {
            network.SaveOnnx(path);
            float[] rows = [.. Rows(60, seed: 2).SelectMany(row => row.Features)], expected = new float[60 * network.Predictions];
            network.Predict(rows, expected);
            if (column == "Probability") foreach (ref float score in expected.AsSpan()) score = 1 / (1 + MathF.Exp(-score));
            using var session = new InferenceSession(path);
            using var results = session.Run([NamedOnnxValue.CreateFromTensor("Features", new DenseTensor<float>(rows, [60, Columns]))], [column]);
            float[] got = [.. results.Single().AsEnumerable<float>()];
            for (int i = 0; i < expected.Length; i++) got[i].Should().BeApproximately(expected[i], 1e-5f);
        }
    }

    [TestMethod]
    public void SaveOnnx_ThenApplyOnnxModel_GivesTheSameScores()
    {
        IDataView data = View(200);
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(data);
        model.Model.Network.SaveOnnx(path);

        float[] got = [.. context.Transforms.ApplyOnnxModel("Score", "Features", path).Fit(data).Transform(data).GetColumn<float[]>("Score").Select(score => score[0])];

        float[] expected = [.. model.Transform(data).GetColumn<float>("Score")];
        for (int i = 0; i < expected.Length; i++) got[i].Should().BeApproximately(expected[i], 1e-5f);
    }

    [TestMethod]
    public void PermutationFeatureImportance_ColumnsThatMatterAndNot_RanksThem()
    {
        IDataView data = View(400);
        var model = context.Regression.Trainers.TorchTabular(Options("Value", options => options.NumberOfEpochs = 30)).Fit(data);
        double[] importance = [.. context.Regression.PermutationFeatureImportance(model, data, "Value").Select(feature => feature.RootMeanSquaredError.Mean)];
        // The number and the code make the label; the columns of noise do not.
        importance[0].Should().BeGreaterThan(5 * Math.Abs(importance[1]));
        importance[2].Should().BeGreaterThan(5 * Math.Abs(importance[3]));
    }

    [TestMethod]
    public void Summary_WholeNetwork_NamesItsParts()
    {
        string summary = context.Regression.Trainers.TorchTabular(Options("Value", options => options.Members = 3)).Fit(View(100)).Model.Network.Summary();
        summary.Should().Contain("missing").And.Contain("CategoricalEmbedding (1 columns)").And.Contain("NumericEmbedding (3 columns, 8 bins, 4 frequencies)")
            .And.Contain("front").And.Contain("ParametricActivation (Mish)").And.Contain("in each of 3 networks, whose predictions are averaged");
    }

    [TestMethod]
    public void Scoring_GapsThatTrainingHadNot_CountAsTheMedian()
    {
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(View(201, gaps: false));
        float[] numbers = [.. Rows(201, gaps: false).Select(row => row.Features[0]).Order()];
        float[] gap = [float.NaN, 0.1f, 3, 0.5f], median = [numbers[100], 0.1f, 3, 0.5f];
        Predict(model.Model.Network, gap).Should().Be(Predict(model.Model.Network, median));
    }

    [TestMethod]
    public void Scoring_CategoryThatTrainingHadNot_CountsAsMissing()
    {
        var model = context.Regression.Trainers.TorchTabular(Options("Value")).Fit(View(200));
        float Of(float code) => Predict(model.Model.Network, [0.3f, 0.1f, code, 0.5f]);
        Of(Categories + 5).Should().Be(Of(float.NaN)).And.Be(Of(0));
        Of(1).Should().NotBe(Of(0));
    }

    private static TorchTabularOptions Options(string label, Action<TorchTabularOptions>? change = null) => TorchTabularTests.Options(label, options =>
    {
        (options.CategoricalColumns, options.PiecewiseLinearBins, options.PeriodicFrequencies) = (["Code"], 8, 4);
        change?.Invoke(options);
    });

    private static float Predict(FittedNetwork network, float[] row)
    {
        float[] prediction = new float[1];
        network.Predict(row, prediction);
        return prediction[0];
    }

    private IDataView View(int rows, bool gaps = true)
    {
        var schema = SchemaDefinition.Create(typeof(Tables.Row));
        schema[nameof(Tables.Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Columns);
        schema[nameof(Tables.Row.Features)].AddAnnotation("SlotNames", new VBuffer<ReadOnlyMemory<char>>(Columns, [.. new[] { "Number", "Noise", "Code", "Other" }.Select(name => name.AsMemory())]), new VectorDataViewType(TextDataViewType.Instance, Columns));
        return context.Data.LoadFromEnumerable(Rows(rows, gaps: gaps), schema);
    }

    /// <summary>Half of the label is the number's, half the code's.</summary>
    private static Tables.Row[] Rows(int rows, int seed = 1, bool gaps = true)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, rows).Select(i =>
            {
                float number = 2 * random.NextSingle() - 1, noise = random.NextSingle(), other = random.NextSingle();
                int code = random.Next(1, Categories + 1);
                float value = MathF.Abs(number) + (code % 3 == 0 ? 1 : 0);
                return new Tables.Row
                {
                    Features = [number, gaps && i % 9 == 4 ? float.NaN : noise, gaps && i % 11 == 5 ? float.NaN : code, other],
                    Value = value, Positive = value > 0.7f, Class = (uint)(value < 0.4f ? 0 : value < 1 ? 1 : 2),
                };
            }),
        ];
    }
}
