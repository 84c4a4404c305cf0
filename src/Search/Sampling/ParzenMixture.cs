using MathNet.Numerics.Distributions;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// A density over a whole space, conditional parameters included: a mixture with one component around each observed
/// configuration, the product of one kernel per parameter, and one uniform component. A component knows only the
/// parameters that its configuration had; any other parameter is uniform in it. So the trials of one branch (one
/// optimizer, one kind of schedule) shape the density of that branch together, and do not disturb the others.
/// Densities are relative to the uniform one.
/// </summary>
internal sealed class ParzenMixture
{
    private readonly SearchSpace space;
    private readonly double[][] centres;
    private readonly double[] logWeights;
    private readonly double[] cumulative;
    private readonly double[] widths;
    private readonly double[] smoothing;
    private readonly double[][] logNorms;
    private readonly Dictionary<string, int> positions;

    /// <param name="space">The space.</param>
    /// <param name="points">The observed configurations.</param>
    /// <param name="weights">One weight for each, and one for the uniform component at the end.</param>
    /// <param name="bandwidth">Kernel widths relative to the rule of the number of points.</param>
    /// <param name="narrowest">The least kernel width on the unit scale.</param>
    public ParzenMixture(SearchSpace space, IReadOnlyList<Configuration> points, IReadOnlyList<double> weights, double bandwidth, double narrowest)
    {
        this.space = space;
        int parameters = space.Entries.Length;
        centres = [.. points.Select(point => Coordinates(space, point))];
        double total = weights.Sum();
        logWeights = [.. weights.Select(weight => Math.Log(weight / total))];
        cumulative = new double[weights.Count];
        double sum = 0;
        for (int i = 0; i < cumulative.Length; i++) cumulative[i] = sum += weights[i] / total;

        (widths, smoothing) = (new double[parameters], new double[parameters]);
        for (int p = 0; p < parameters; p++)
        {
            int having = centres.Count(centre => !double.IsNaN(centre[p]));
            int together = space.Entries.Where((entry, q) => centres.Any(centre => !double.IsNaN(centre[p]) && !double.IsNaN(centre[q]))).Count();
            widths[p] = Math.Max(narrowest, bandwidth * Math.Pow(Math.Max(having, 1), -1.0 / (together + 4)));
            smoothing[p] = 1.0 / (having + 1);
        }
        logNorms = [.. centres.Select(centre => centre.Select((at, p) => LogNorm(p, at)).ToArray())];
        positions = space.Entries.Select((entry, index) => KeyValuePair.Create(entry.Parameter.Name, index)).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The place of each parameter: on the unit scale, the index of a choice, or NaN where it does not exist.</summary>
    public static double[] Coordinates(SearchSpace space, Configuration configuration)
    {
        var coordinates = new double[space.Entries.Length];
        for (int p = 0; p < coordinates.Length; p++)
        {
            SearchParameter parameter = space.Entries[p].Parameter;
            coordinates[p] = !configuration.TryGetValue(parameter.Name, out double value) ? double.NaN
                : parameter is ChoiceParameter ? value : parameter.ToUnit(value);
        }
        return coordinates;
    }

    /// <summary>Draws a configuration; given values stay as they are.</summary>
    public Configuration Sample(ref CounterRandom random, Configuration? given)
    {
        int component = Array.BinarySearch(cumulative, random.NextDouble());
        component = Math.Min(component < 0 ? ~component : component, cumulative.Length - 1);
        double[]? centre = component < centres.Length ? centres[component] : null;
        CounterRandom draws = random;
        Configuration sample = space.Fill(given, parameter =>
        {
            int p = positions[parameter.Name];
            double u = draws.NextDouble();
            if (centre is null || double.IsNaN(centre[p])) return parameter.FromUnit(u);
            return parameter is ChoiceParameter choice ? SampleChoice(choice, (int)centre[p], smoothing[p], u) : parameter.FromUnit(SampleNumber(centre[p], widths[p], u));
        });
        random = draws;
        return sample;
    }

    /// <summary>The logarithm of the density at <paramref name="configuration"/>, relative to the uniform one.</summary>
    public double LogDensity(Configuration configuration)
    {
        double[] at = Coordinates(space, configuration);
        Span<double> logs = stackalloc double[logWeights.Length];
        double greatest = double.NegativeInfinity;
        for (int i = 0; i < logs.Length; i++)
        {
            double log = logWeights[i];
            if (i < centres.Length)
                for (int p = 0; p < at.Length; p++)
                    if (!double.IsNaN(at[p]) && !double.IsNaN(centres[i][p]))
                        log += LogKernel(p, at[p], centres[i][p], logNorms[i][p]);
            logs[i] = log;
            greatest = Math.Max(greatest, log);
        }
        double sum = 0;
        foreach (double log in logs) sum += Math.Exp(log - greatest);
        return greatest + Math.Log(sum);
    }

    /// <summary>The logarithm of a numeric kernel's mass on the unit scale, and of the factor of its normal density.</summary>
    private double LogNorm(int p, double centre) => space.Entries[p].Parameter switch
    {
        ChoiceParameter => 0,
        { Count: null } => Math.Log(widths[p] * Math.Sqrt(2 * Math.PI) * Mass(0, 1, centre, widths[p])),
        _ => Math.Log(Mass(0, 1, centre, widths[p])),
    };

    private double LogKernel(int p, double at, double centre, double logNorm)
    {
        SearchParameter parameter = space.Entries[p].Parameter;
        if (parameter is ChoiceParameter choice)
            return Math.Log(choice.Labels.Length * ChoiceProbability(choice, at == centre, smoothing[p]));
        double width = widths[p], z = (at - centre) / width;
        if (parameter is not IntParameter whole)
            return -0.5 * z * z - logNorm;

        // A whole number stands for its interval on the unit scale.
        double value = whole.FromUnit(at);
        double low = Math.Max(0, whole.ToUnit(value - 0.5 * whole.Step)), high = Math.Min(1, whole.ToUnit(value + 0.5 * whole.Step));
        return Math.Log(Math.Max(1e-300, Mass(low, high, centre, width) / (high - low))) - logNorm;
    }

    private static double Mass(double low, double high, double centre, double width) =>
        Normal.CDF(0, 1, (high - centre) / width) - Normal.CDF(0, 1, (low - centre) / width);

    private static double SampleNumber(double centre, double width, double u)
    {
        double low = Normal.CDF(0, 1, -centre / width), high = Normal.CDF(0, 1, (1 - centre) / width);
        double p = Math.Clamp(low + u * (high - low), 1e-15, 1 - 1e-15);
        return Math.Clamp(centre + width * Normal.InvCDF(0, 1, p), 0, 1);
    }

    private static double ChoiceProbability(ChoiceParameter choice, bool isCentre, double smoothing) =>
        ((isCentre ? 1 : 0) + smoothing) / (1 + choice.Labels.Length * smoothing);

    private static double SampleChoice(ChoiceParameter choice, int centre, double smoothing, double u)
    {
        double other = ChoiceProbability(choice, false, smoothing);
        double threshold = u - ChoiceProbability(choice, true, smoothing);
        if (threshold < 0) return centre;
        int index = Math.Min((int)(threshold / other), choice.Labels.Length - 2);
        return index < centre ? index : index + 1;
    }
}
