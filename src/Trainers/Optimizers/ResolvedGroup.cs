using System.Text.RegularExpressions;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Parameters that share an optimizer, a peak rate and a schedule: what groups come to for one network and one run.</summary>
/// <param name="Name">The patterns that led to it; <c>default</c> for what no pattern names.</param>
/// <param name="Optimizer">With this group's rate and weight decay.</param>
/// <param name="Schedule">The factor of the peak rate; null for a constant rate.</param>
/// <param name="RateFactor">The factor of layer-wise decay.</param>
/// <param name="Parameters">In the order of the layout.</param>
internal sealed record ResolvedGroup(string Name, Optimizer Optimizer, BoundSchedule? Schedule, double RateFactor, IReadOnlyList<ParameterSlot> Parameters)
{
    private const string Ungrouped = "default";

    /// <summary>Whether it holds the parameters that no pattern names.</summary>
    public bool IsUngrouped => Name == Ungrouped;

    /// <summary>The rate that a factor of 1 stands for.</summary>
    public double PeakRate => Optimizer.LearningRate * RateFactor;

    /// <summary>The rate after <paramref name="step"/> completed steps.</summary>
    public double RateAt(long step) => Schedule is null ? PeakRate : PeakRate * Schedule.FactorAt(step);

    /// <summary>Divides the parameters of a network into groups.</summary>
    /// <exception cref="ArgumentException">A pattern matches no parameter, or a group sets two rates.</exception>
    public static IReadOnlyList<ResolvedGroup> Resolve(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout)
    {
        foreach (ParameterGroup group in groups) Check(group, layout);
        // Only layer decay asks for it.
        Dictionary<string, int> depth = groups.Any(group => group.LayerDecay is not null) ? Depths(layout) : [];
        return
        [
            .. from slot in layout
               where slot.Spec.IsTrainable
               let settings = Matching(slot)
               group slot by (Name: NameOf(settings, slot.Spec), Factor: Factor(settings, slot.Spec, depth)) into members
               select Make(members.Key.Name, members.Key.Factor, Matching(members.First()), [.. members]),
        ];

        ParameterGroup[] Matching(ParameterSlot slot) => [.. groups.Where(candidate => candidate.Matches(slot.Spec))];

        ResolvedGroup Make(string name, double factor, ParameterGroup[] settings, IReadOnlyList<ParameterSlot> members)
        {
            Optimizer own = optimizer;
            double baseRate = own.LearningRate;
            LrSchedule? curve = schedule;
            foreach (ParameterGroup group in settings)
            {
                if (group.Optimizer is { } other) (own, baseRate) = (other, other.LearningRate);
                if (group.LearningRate is { } rate) own = own with { LearningRate = rate };
                if (group.LearningRateMultiplier is { } multiplier) own = own with { LearningRate = baseRate * multiplier };
                if (group.WeightDecay is { } decay) own = own with { WeightDecay = decay };
                if (group.Schedule is { } shape) curve = shape;
            }
            double peak = own.LearningRate * factor;
            return new(name, own with { Averaging = optimizer.Averaging }, curve?.Bind(plan, peak > 0 ? peak : null), factor, members);
        }
    }

    private static void Check(ParameterGroup group, ParameterLayout layout)
    {
        if (group is { LearningRate: not null, LearningRateMultiplier: not null })
            throw new ArgumentException($"The parameter group '{group.Pattern}' must set LearningRate or LearningRateMultiplier but sets both. Leave one of them null.");
        if (!group.OnlyBiasesAndNorms && !layout.Any(slot => group.Matches(slot.Spec)))
            throw new ArgumentException($"The parameter group '{group.Pattern}' must match a parameter but matches none. There are: {string.Join(", ", layout.Select(slot => slot.Spec.Name))}.");
    }

    private static string NameOf(ParameterGroup[] matching, ParameterSpec parameter)
    {
        if (matching.Length == 0) return Ungrouped;
        IEnumerable<string> names = matching.Select(group =>
            group.LayerDecay is not null ? LayerOf(parameter.Name)
            : group.OnlyBiasesAndNorms ? (group.Pattern == "*" ? "" : group.Pattern + " ") + "biases and norms"
            : group.Pattern);
        return string.Join(" + ", names);
    }

    private static double Factor(ParameterGroup[] matching, ParameterSpec parameter, Dictionary<string, int> depth)
    {
        double factor = 1;
        foreach (ParameterGroup group in matching)
            if (group.LayerDecay is { } decay)
                factor = Math.Max(group.LayerDecayMinimum, Math.Pow(decay, depth.Count - 1 - depth[LayerOf(parameter.Name)]));
        return factor;
    }

    /// <summary>Layers are numbered as they first appear.</summary>
    private static Dictionary<string, int> Depths(ParameterLayout layout)
    {
        Dictionary<string, int> depth = new(StringComparer.Ordinal);
        foreach (ParameterSlot slot in layout) depth.TryAdd(LayerOf(slot.Spec.Name), depth.Count);
        return depth;
    }

    /// <summary>The name up to its first number (<c>blocks.3</c> of <c>blocks.3.norm.weight</c>), else all but its last part.</summary>
    private static string LayerOf(string parameter)
    {
        Match numbered = Regex.Match(parameter, @"^.*?(^|\.)[0-9]+(?=\.|$)", RegexOptions.CultureInvariant);
        if (numbered.Success) return numbered.Value;
        int dot = parameter.LastIndexOf('.');
        return dot < 0 ? parameter : parameter[..dot];
    }
}
