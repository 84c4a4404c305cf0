using System.Text.RegularExpressions;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Parameters that are trained differently from the rest. Groups are read in order and a later one wins: what it sets replaces
/// what earlier matching groups set; what it leaves null stays.
/// <code>
/// new ParameterGroup("vision.*") { LearningRate = 1e-2 },
/// new ParameterGroup("text.*") { LearningRate = 1e-3 },
/// ParameterGroup.NoDecay,
/// ParameterGroup.LayerwiseDecay(0.75),
/// </code>
/// </summary>
public sealed record ParameterGroup
{
    /// <summary>The parameters whose whole name matches.</summary>
    /// <param name="pattern">
    /// A name in which <c>*</c> stands for any text and <c>?</c> for any one character: <c>"layers.0.*"</c>, <c>"*.bias"</c>.
    /// </param>
    /// <exception cref="ArgumentException">The pattern is empty.</exception>
    public ParameterGroup(string pattern)
    {
        if (string.IsNullOrWhiteSpace(pattern))
            throw new ArgumentException($"pattern must be a parameter name or a pattern but was '{pattern}'. Write \"*\" for all parameters.", nameof(pattern));
        Pattern = pattern;
    }

    /// <summary>Which parameters, by name.</summary>
    public string Pattern { get; }

    /// <summary>The peak rate of these parameters. Null: the optimizer's. Not together with <see cref="LearningRateMultiplier"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public double? LearningRate { get; init => field = value is { } rate ? Require.NotNegative(rate, "It replaces the optimizer's rate.") : null; }

    /// <summary>The peak rate of these parameters as a multiple of the optimizer's. Null: 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public double? LearningRateMultiplier { get; init => field = value is { } factor ? Require.NotNegative(factor, "0 freezes the parameters.") : null; }

    /// <summary>The weight decay of these parameters. Null: the optimizer's.</summary>
    public ScheduledValue? WeightDecay { get; init => field = value is { } decay ? Require.NotNegative(decay, "0 switches it off.") : null; }

    /// <summary>The schedule of these parameters' rate. Null: the run's.</summary>
    public LrSchedule? Schedule { get; init; }

    /// <summary>
    /// Another optimizer, or the same with other hyper-parameters: <c>adamW with { Beta2 = 0.95 }</c>. Null: the run's. Its rate and
    /// weight decay hold unless this or a later group sets them.
    /// </summary>
    public Optimizer? Optimizer { get; init; }

    /// <summary>Whether only biases and the scales and shifts of normalisation layers belong to it. Default false.</summary>
    public bool OnlyBiasesAndNorms { get; init; }

    /// <summary>
    /// Layers further from the output learn slower: the rate of the k-th layer from the end, k = 0, 1, ..., is multiplied by
    /// max(<see cref="LayerDecayMinimum"/>, LayerDecay^k). It multiplies whatever rate the other groups give. Null: no decay.
    /// </summary>
    public double? LayerDecay { get; init => field = value is { } decay ? Decay(decay) : null; }

    /// <summary>The least factor that <see cref="LayerDecay"/> gives. Default 0.</summary>
    public double LayerDecayMinimum { get; init => field = Require.NotNegative(value, "It is a factor of the rate."); }

    /// <summary>No weight decay for biases and for scales and shifts of normalisation layers, as is usual with AdamW.</summary>
    public static ParameterGroup NoDecay { get; } =
        new("*") { OnlyBiasesAndNorms = true, WeightDecay = 0 };

    /// <summary>Layer-wise decay of the rate for all parameters: see <see cref="LayerDecay"/>. BEiT uses 0.65 to 0.85.</summary>
    /// <param name="decay">Above 0 and at most 1.</param>
    /// <param name="minimum">The least factor, at least 0.</param>
    public static ParameterGroup LayerwiseDecay(double decay, double minimum = 0) => new("*") { LayerDecay = decay, LayerDecayMinimum = minimum };

    /// <summary>Whether the parameter belongs to this group.</summary>
    internal bool Matches(ParameterSpec parameter) =>
        (!OnlyBiasesAndNorms || parameter.Role is ParameterRole.Bias or ParameterRole.Norm) && Regex.IsMatch(parameter.Name, Glob, RegexOptions.CultureInvariant);

    private string Glob => $"^{Regex.Escape(Pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal)}$";

    private static double Decay(double value) =>
        value is > 0 and <= 1 ? value : throw Require.Error(nameof(LayerDecay), "above 0 and at most 1", value, "0.75 slows each earlier layer by a quarter.");
}
