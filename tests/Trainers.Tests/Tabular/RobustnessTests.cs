using Microsoft.ML.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>Odd tables: training must not diverge. With the recipe's own settings it must also be no worse than Sdca (slow).</summary>
[TestClass]
public sealed class RobustnessTests
{
    private readonly MLContext context = new(seed: 1);

    public static IEnumerable<object[]> QuickCases() => All().Where(one => one.Name != "500 rows x 2,000 columns").Select(one => new object[] { one.Name });

    public static IEnumerable<object[]> Cases() => All().Select(one => new object[] { one.Name });

    [TestMethod]
    [DynamicData(nameof(QuickCases))]
    public void Fit_OddTable_GivesFinitePredictions(string name)
    {
        (_, Func<int, int, IEnumerable<(float[], float)>> rows, int count) = All().Single(one => one.Name == name);
        IDataView train = context.View(rows(Math.Min(count, 250), 1));
        var model = context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", options =>
        {
            (options.NumberOfEpochs, options.Members, options.Folds) = (3, null, null);
        })).Fit(train);
        model.Transform(train).GetColumn<float>("Score").Should().OnlyContain(score => float.IsFinite(score));
    }

    [TestMethod]
    [TestCategory("Slow")]
    [DynamicData(nameof(Cases))]
    public void Fit_OddTable_IsNoWorseThanSdca(string name)
    {
        (_, Func<int, int, IEnumerable<(float[], float)>> rows, int count) = All().Single(one => one.Name == name);
        IDataView train = context.View(rows(count, 1)), test = context.View(rows(2000, 2));
        var options = new TorchTabularOptions { LabelColumnName = "Value", Seed = 3 };
        double own = context.Regression.Evaluate(context.Regression.Trainers.TorchTabular(options).Fit(train).Transform(test), "Value").RootMeanSquaredError;
        var sdca = context.Transforms.ReplaceMissingValues("Features").Append(context.Transforms.NormalizeMeanVariance("Features")).Append(context.Regression.Trainers.Sdca("Value"));
        double linear = context.Regression.Evaluate(sdca.Fit(train).Transform(test), "Value").RootMeanSquaredError;
        own.Should().BeLessThan(1.05 * linear);
    }

    [TestMethod]
    [DataRow(0.01f, true, DisplayName = "a line")]
    [DataRow(30f, false, DisplayName = "noise")]
    public void Fit_LinearLabel_PredictionsLeaveTheRangeOfTheLabelsOnlyIfRowsSaySo(float noise, bool leaves)
    {
        IEnumerable<(float[], float)> Rows(int count, int seed, float factor)
        {
            var random = new Random(seed);
            for (int i = 0; i < count; i++)
            {
                float a = factor * (2 * random.NextSingle() - 1), b = factor * (2 * random.NextSingle() - 1);
                yield return ([a, b], 5 * a - 3 * b + noise * (random.NextSingle() - 0.5f));
            }
        }
        IDataView train = context.View(Rows(120, 1, factor: 1));
        float[] labels = [.. train.GetColumn<float>("Value")];
        var options = new TorchTabularOptions { LabelColumnName = "Value", Seed = 3, HiddenLayers = [32], NumberOfEpochs = 8 };

        ITransformer model = context.Regression.Trainers.TorchTabular(options).Fit(train);

        IDataView far = context.View(Rows(100, 2, factor: 1.5f));
        float[] scores = [.. model.Transform(far).GetColumn<float>("Score")];
        scores.Any(score => score < labels.Min() || score > labels.Max()).Should().Be(leaves);
        if (leaves) context.Regression.Evaluate(model.Transform(far), "Value").RootMeanSquaredError.Should().BeLessThan(0.2);
    }

    [TestMethod]
    public void Fit_ColumnOfDenormalNumbers_GivesFinitePredictions()
    {
        IDataView train = context.View(Tables.Rows(200).Select((row, i) => ((float[])[.. row.Features, i % 3 * 1e-42f], row.Value)));
        var model = context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", options => (options.NumberOfEpochs, options.Members, options.Folds) = (3, null, null))).Fit(train);
        model.Transform(train).GetColumn<float>("Score").Should().OnlyContain(score => float.IsFinite(score));
    }

    [TestMethod]
    public void Fit_OneRowPerClass_GivesProbabilities()
    {
        IDataView data = context.View([([1, 0], -1), ([0, 1], 0.2f), ([1, 1], 2)]);
        var model = context.MulticlassClassification.Trainers.TorchTabular(new TorchTabularOptions { LabelColumnName = "Class", Seed = 3, NumberOfEpochs = 5 }).Fit(data);
        model.Transform(data).GetColumn<float[]>("Score").Should().OnlyContain(scores => scores.All(p => p >= 0 && p <= 1) && Math.Abs(scores.Sum() - 1) < 1e-4);
    }

    private static IEnumerable<(float[], float)> Wide(int count, int seed, int columns)
    {
        var random = new Random(seed);
        return Tables.Rows(count, seed).Select(row => ((float[])[.. row.Features, .. Enumerable.Range(5, columns - 5).Select(_ => random.NextSingle())], row.Value));
    }

    private static (string Name, Func<int, int, IEnumerable<(float[], float)>> Rows, int Count)[] All() =>
    [
        ("constant columns", (count, seed) => Tables.Rows(count, seed).Select(row => ((float[])[.. row.Features, 3, 0, float.NaN], row.Value)), 600),
        ("duplicate columns", (count, seed) => Tables.Rows(count, seed).Select(row => ((float[])[.. row.Features, .. row.Features], row.Value)), 600),
        ("20 rows", Tables.Rows, 20),
        ("100,000 rows", Tables.Rows, 100_000),
        ("more columns than rows", (count, seed) => Wide(count, seed, 400), 250),
        ("500 rows x 2,000 columns", (count, seed) => Wide(count, seed, 2000), 500),
        ("heavy tails", (count, seed) =>
        {
            var random = new Random(seed);
            return Tables.Rows(count, seed).Select(row => ((float[])[.. row.Features, (float)Math.Tan(Math.PI * (random.NextDouble() - 0.5) * 0.9999), 1e30f * random.NextSingle()], row.Value));
        }, 2000),
        ("numbers close to zero", (count, seed) =>
        {
            var random = new Random(seed);
            return Tables.Rows(count, seed).Select(row => ((float[])[.. row.Features, (float)Math.Pow(10, -40 * random.NextDouble())], row.Value));
        }, 600),
        ("one value far from the others", (count, seed) => Tables.Rows(count, seed).Select((row, i) => ((float[])[.. row.Features, i == 7 ? 1e37f : row.Features[0]], row.Value)), 600),
        ("labels with outliers", (count, seed) => Tables.Rows(count, seed).Select((row, i) => (row.Features, i % 200 == 7 ? 1e6f : row.Value)), 2000),
        ("200 one-hot categories", (count, seed) =>
        {
            var random = new Random(seed);
            return Tables.Rows(count, seed).Select(row =>
            {
                float[] oneHot = new float[200];
                int category = random.Next(200);
                oneHot[category] = 1;
                return ((float[])[.. row.Features, .. oneHot], row.Value + (category % 3) * 0.5f);
            });
        }, 3000),
    ];
}
