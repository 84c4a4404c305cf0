using Microsoft.ML;
using Microsoft.ML.Data;

namespace Trainers.Tests.Estimators;

/// <summary>Small made-up data sets, the same on every call.</summary>
internal static class Samples
{
    public sealed class RegressionRow
    {
        public float Label;
        [VectorType(3)] public float[] Features = [];
        public float Weight = 1;
    }

    public sealed class BinaryRow
    {
        public bool Label;
        [VectorType(3)] public float[] Features = [];
    }

    public sealed class ClassRow
    {
        public string Label = "";
        [VectorType(3)] public float[] Features = [];
    }

    /// <summary>label = 3 + 2 x0 - x1 + 0.5 x2 + noise</summary>
    public static List<RegressionRow> Linear(int rows = 400, float noise = 0.01f)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, rows).Select(_ =>
        {
            float[] x = Features(random);
            return new RegressionRow { Features = x, Label = 3 + 2 * x[0] - x[1] + 0.5f * x[2] + noise * (float)(random.NextDouble() - 0.5) };
        })];
    }

    /// <summary>label = x0 x1 + |x2|: no linear model can learn it.</summary>
    public static List<RegressionRow> Curved(int rows = 1000)
    {
        var random = new Random(2);
        return [.. Enumerable.Range(0, rows).Select(_ =>
        {
            float[] x = Features(random);
            return new RegressionRow { Features = x, Label = x[0] * x[1] + Math.Abs(x[2]) };
        })];
    }

    /// <summary>label = x0 x1 &gt; 0.</summary>
    public static List<BinaryRow> Exclusive(int rows = 1000)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, rows).Select(_ =>
        {
            float[] x = Features(random);
            return new BinaryRow { Features = x, Label = x[0] * x[1] > 0 };
        })];
    }

    /// <summary>The index of the largest feature, as a word.</summary>
    public static List<ClassRow> Largest(int rows = 900)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, rows).Select(_ =>
        {
            float[] x = Features(random);
            return new ClassRow { Features = x, Label = x[0] >= x[1] && x[0] >= x[2] ? "first" : x[1] >= x[2] ? "second" : "third" };
        })];
    }

    public static IDataView View<T>(this MLContext context, IEnumerable<T> rows) where T : class => context.Data.LoadFromEnumerable(rows);

    private static float[] Features(Random random) => [Next(random), Next(random), Next(random)];

    private static float Next(Random random) => (float)(2 * random.NextDouble() - 1);
}
