using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;

namespace Faults.Support;

/// <summary>A row with a label of every task.</summary>
internal sealed class Row
{
    [VectorType(MadeUp.Columns)] public float[] Features { get; set; } = [];

    public float Label { get; set; }

    [VectorType(2)] public float[] Labels { get; set; } = [];

    public float Count { get; set; }

    public bool Yes { get; set; }

    public string Class { get; set; } = "";
}

/// <summary>Made-up data, the same on every call.</summary>
internal static class MadeUp
{
    public const int Columns = 4;

    public static Row[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                float[] x = [.. Enumerable.Range(0, Columns).Select(_ => random.NextSingle() - 0.5f)];
                float label = x[0] * x[1] + MathF.Sin(3 * x[2]) - x[3];
                return new Row { Features = x, Label = label, Labels = [label, x[0]], Count = MathF.Round(4 * MathF.Exp(label)), Yes = label > 0, Class = label > 0.3f ? "high" : label > -0.3f ? "middle" : "low" };
            }),
        ];
    }

    public static IDataView View(MLContext context, int count, int seed = 1) => context.Data.LoadFromEnumerable(Rows(count, seed));

    /// <summary>The same rows as the training loop sees them.</summary>
    public static TrainingData Data(int count, int seed = 1)
    {
        Row[] rows = Rows(count, seed);
        Memory<float> features = AlignedMemory.Allocate<float>(count * Columns), labels = AlignedMemory.Allocate<float>(count);
        for (int i = 0; i < count; i++)
        {
            rows[i].Features.CopyTo(features.Span[(i * Columns)..]);
            labels.Span[i] = rows[i].Label;
        }
        return new TrainingData(count, Columns, features, labels, default);
    }
}
