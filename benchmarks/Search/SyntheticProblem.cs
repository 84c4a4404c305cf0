using Microsoft.ML.TrainerSearch;

namespace MlNetLr.Benchmarks.Search;

/// <summary>A function with a known minimum, to be found by a search. Values are regrets: 0 is the minimum.</summary>
internal sealed record SyntheticProblem(string Name, SearchSpace Space, Func<Configuration, double> Regret)
{
    /// <summary>True if every parameter is continuous and always exists.</summary>
    public bool IsContinuous => Space.Entries.All(entry => entry.Parameter.IsContinuous && entry.Conditions.IsEmpty);

    /// <summary>The five problems with reference figures, then twins whose optimum is away from the centre.</summary>
    public static IReadOnlyList<SyntheticProblem> All { get; } =
    [
        new("branin", SearchSpace.Empty.Float("x0", -5, 10).Float("x1", 0, 15), c => Branin(c.Float("x0"), c.Float("x1"))),
        new("hartmann6", Box(6, 0, 1), c => Hartmann6(Point(c))),
        new("rosenbrock5", Box(5, -2.048, 2.048), c => Rosenbrock(Point(c))),
        new("ackley5", Box(5, -32.768, 32.768), c => Ackley(Point(c))),
        new("mixed", MixedSpace(), Mixed),
        new("rosenbrock5-shifted", Box(5, -2.048, 2.048), c => Rosenbrock(Shifted(Point(c), 1))),
        new("ackley5-shifted", Box(5, -32.768, 32.768), c => Ackley(Shifted(Point(c), 16))),
    ];

    private static SearchSpace Box(int dimensions, double low, double high) =>
        Enumerable.Range(0, dimensions).Aggregate(SearchSpace.Empty, (space, i) => space.Float($"x{i}", low, high));

    private static double[] Point(Configuration configuration) => [.. configuration.Values];

    // One fixed offset per coordinate, in units of the given length.
    private static double[] Shifted(double[] x, double length) =>
        [.. x.Zip([0.83, -0.61, 0.47, -0.92, 0.35], (value, offset) => value - length * offset)];

    private static double Branin(double x, double y) =>
        Math.Pow(y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10 - 0.39788735772973816;

    private static double Hartmann6(double[] x)
    {
        double[] weight = [1.0, 1.2, 3.0, 3.2];
        double[,] a = { { 10, 3, 17, 3.5, 1.7, 8 }, { 0.05, 10, 17, 0.1, 8, 14 }, { 3, 3.5, 1.7, 10, 17, 8 }, { 17, 8, 0.05, 10, 0.1, 14 } };
        double[,] p = { { 1312, 1696, 5569, 124, 8283, 5886 }, { 2329, 4135, 8307, 3736, 1004, 9991 }, { 2348, 1451, 3522, 2883, 3047, 6650 }, { 4047, 8828, 8732, 5743, 1091, 381 } };
        double sum = 0;
        for (int i = 0; i < 4; i++)
        {
            double exponent = 0;
            for (int j = 0; j < 6; j++) exponent += a[i, j] * Math.Pow(x[j] - 1e-4 * p[i, j], 2);
            sum += weight[i] * Math.Exp(-exponent);
        }
        return 3.322368011415512 - sum;
    }

    private static double Rosenbrock(double[] x)
    {
        double sum = 0;
        for (int i = 0; i + 1 < x.Length; i++) sum += 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2);
        return sum;
    }

    private static double Ackley(double[] x)
    {
        double square = x.Sum(value => value * value) / x.Length, wave = x.Sum(value => Math.Cos(2 * Math.PI * value)) / x.Length;
        return -20 * Math.Exp(-0.2 * Math.Sqrt(square)) - Math.Exp(wave) + 20 + Math.E;
    }

    private static SearchSpace MixedSpace() => SearchSpace.Empty
        .Choice("optimizer", "sgd", "adamw", "lion")
        .Choice("schedule", "constant", "cosine", "wsd", "linear")
        .LogFloat("lr", 1e-5, 1)
        .LogFloat("wd", 1e-6, 1e-1)
        .Float("warmup", 0, 0.3)
        .When("schedule", "wsd", space => space.Float("decay_fraction", 0.05, 0.6))
        .When("optimizer", "sgd", space => space.Float("momentum", 0, 0.99));

    private static double Mixed(Configuration c)
    {
        (double start, double best) = c.Choice("optimizer") switch { "sgd" => (0.10, -1.0), "adamw" => (0.0, -2.7), _ => (0.03, -3.6) };
        double schedule = c.Choice("schedule") switch { "constant" => 0.12, "cosine" => 0.02, "wsd" => 0.0, _ => 0.01 };
        double value = start + schedule + 0.25 * Math.Pow(Math.Log10(c.Float("lr")) - best, 2)
            + 0.02 * Math.Pow(Math.Log10(c.Float("wd")) + 3, 2) + 1.5 * Math.Pow(c.Float("warmup") - 0.08, 2);
        if (c.Has("decay_fraction")) value += 0.8 * Math.Pow(c.Float("decay_fraction") - 0.2, 2);
        if (c.Has("momentum")) value += 0.3 * Math.Pow(c.Float("momentum") - 0.9, 2);
        return value;
    }
}
