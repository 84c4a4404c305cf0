using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>Small made-up tables, the same on every call.</summary>
internal static class Tables
{
    /// <summary>Three numbers and a one-hot pair; y depends on a step, a product and the pair.</summary>
    public static IEnumerable<(float[] Features, float Value)> Rows(int rows, int seed = 1)
    {
        var random = new Random(seed);
        for (int i = 0; i < rows; i++)
        {
            float a = random.NextSingle() * 4 - 2, b = random.NextSingle() * 2 - 1, c = MathF.Exp(3 * random.NextSingle());
            bool left = random.Next(2) == 0;
            yield return ([a, b, c, left ? 1 : 0, left ? 0 : 1], (a > 0.3f ? 1 : 0) + a * b + (left ? 0.5f : -0.5f) + 0.05f * random.NextSingle());
        }
    }

    public static IDataView View(this MLContext context, IEnumerable<(float[] Features, float Value)> rows)
    {
        Row[] all = [.. rows.Select(row => new Row
        {
            Features = row.Features, Value = row.Value, Positive = row.Value > 0.3f, Class = (uint)(row.Value < -0.2f ? 0 : row.Value < 0.6f ? 1 : 2),
        })];
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, all[0].Features.Length);
        return context.Data.LoadFromEnumerable(all, schema);
    }

    public static TrainingData Data(IEnumerable<(float[] Features, float Value)> rows, Func<float, float>? label = null)
    {
        (float[] Features, float Value)[] all = [.. rows];
        int columns = all[0].Features.Length;
        Memory<float> features = AlignedMemory.Allocate<float>(all.Length * columns), labels = AlignedMemory.Allocate<float>(all.Length);
        for (int i = 0; i < all.Length; i++)
        {
            all[i].Features.CopyTo(features.Span[(i * columns)..]);
            labels.Span[i] = label is null ? all[i].Value : label(all[i].Value);
        }
        return new TrainingData(all.Length, columns, features, labels, default);
    }

    /// <summary>A network small enough for tests, with everything in it.</summary>
    public static TorchTabularOptions Small(LearningTask task, int rows, Action<TorchTabularOptions>? change = null)
    {
        var options = new TorchTabularOptions { HiddenLayers = [24, 24], PiecewiseLinearBins = 8, PeriodicFrequencies = 4, Folds = 0 };
        change?.Invoke(options);
        return Recipe.Resolve(options, task, rows);
    }

    public sealed class Row
    {
        public float[] Features = [];
        public float Value;
        public bool Positive;
        [KeyType(3)] public uint Class;
    }
}
