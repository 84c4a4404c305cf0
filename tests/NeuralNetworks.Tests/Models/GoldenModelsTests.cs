using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Models;

/// <summary>
/// Models that earlier versions saved: tests/NeuralNetworks.Tests/Golden. Each must load for ever and score as it did. A file is never
/// changed; a new kind of layer or model adds one, made by <see cref="Write_NewGoldenModels_WhereAFolderIsGiven"/>.
/// </summary>
[TestClass]
public sealed class GoldenModelsTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden");

    public static IEnumerable<object[]> Files => Directory.GetFiles(Folder, "*.zip").Order(StringComparer.Ordinal).Select(file => new object[] { Path.GetFileName(file) });

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void Load_SavedByAnEarlierVersion_ScoresAsItDid(string file)
    {
        var context = new MLContext(1);
        ITransformer model = context.Model.Load(Path.Combine(Folder, file), out _);

        float[] scores = Scores(model.Transform(Transformers.Data(context)));

        float[] expected = [.. File.ReadLines(Path.Combine(Folder, Path.ChangeExtension(file, ".scores"))).Select(line => float.Parse(line, System.Globalization.CultureInfo.InvariantCulture))];
        scores.Should().HaveCount(expected.Length);
        for (int i = 0; i < expected.Length; i++) scores[i].Should().BeApproximately(expected[i], 1e-5f * MathF.Max(1, MathF.Abs(expected[i])));
    }

    [TestMethod]
    public void Files_EveryKindOfLayerAndModel_IsThere() =>
        Files.Select(file => Path.GetFileNameWithoutExtension((string)file[0])).Should().Contain(NewModels(new MLContext(1)).Select(model => model.Name));

    /// <summary>Set MLNETLR_WRITE_GOLDEN to a folder to write the files there; otherwise this only checks that they can be made.</summary>
    [TestMethod]
    public void Write_NewGoldenModels_WhereAFolderIsGiven()
    {
        var context = new MLContext(1);
        IDataView data = Transformers.Data(context);
        string? folder = Environment.GetEnvironmentVariable("MLNETLR_WRITE_GOLDEN");
        foreach (var (name, model) in NewModels(context))
        {
            float[] scores = Scores(model.Transform(data));
            scores.Should().NotBeEmpty().And.OnlyContain(score => float.IsFinite(score));
            if (folder is null) continue;
            context.Model.Save(model, data.Schema, Path.Combine(folder, name + ".zip"));
            File.WriteAllLines(Path.Combine(folder, name + ".scores"), scores.Select(score => score.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    private static IEnumerable<(string Name, ITransformer Model)> NewModels(MLContext context)
    {
        IDataView data = Transformers.Data(context);
        foreach (var (kind, network) in Networks.OfEveryKind)
        {
            FittedNetwork fitted = Networks.Fitted(network);
            yield return ($"v1-layer-{kind}", network.Outputs == 1 ? Transformers.Regression(context, data, fitted) : Transformers.VectorRegression(context, data, fitted));
        }
        Network one = Networks.OfEveryKind["tabular"], three = Networks.OfEveryKind["gelu"];
        yield return ("v1-regression-two-networks", Transformers.Regression(context, data, new FittedNetwork(
            one, [Networks.Weights(one, 1), Networks.Weights(one, 2)], new LinearOutput(2, 1) { Minimum = -1, Maximum = 3 }, "history"u8, new Dictionary<string, string> { ["optimizer"] = "adamw" })));
        var shared = new Network([new EnsembleDense("layers.0", 6, 9, 4, FansOut: true), new Activation("layers.0.activation", 36, ActivationFunction.Selu), new EnsembleDense("output", 9, 2, 4, FansOut: false)]);
        yield return ("v1-shared-members", Transformers.Multiclass(context, data, Networks.Fitted(shared, new SoftmaxOutput())));
        yield return ("v1-poisson", Transformers.Regression(context, data, Networks.Fitted(one, new ExponentialOutput(3))));
        yield return ("v1-binary", Transformers.Binary(context, data, Networks.Fitted(one, new LogisticOutput())));
        yield return ("v1-binary-calibrated", Transformers.CalibratedBinary(context, data, Networks.Fitted(one, new LogisticOutput())));
        yield return ("v1-multiclass", Transformers.Multiclass(context, data, Networks.Fitted(three, new SoftmaxOutput())));
        yield return ("v1-quantiles", Transformers.VectorRegression(context, data, Networks.Fitted(three, new LinearOutput([1, 1, 1], [0, 0, 0]) { Ascending = true })));
    }

    private static float[] Scores(IDataView scored) => scored.Schema["Score"].Type is VectorDataViewType
        ? [.. scored.GetColumn<float[]>("Score").SelectMany(score => score)]
        : [.. scored.GetColumn<float>("Score")];
}
