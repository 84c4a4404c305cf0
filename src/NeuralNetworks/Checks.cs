using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>Argument checks with one wording: what it is, the rule, the value, advice.</summary>
internal static class Checks
{
    /// <summary>The widest row a network may have: 16 Mi numbers.</summary>
    public const int MaximumSize = 1 << 24;

    public static int Size(int value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is > 0 and <= MaximumSize
            ? value
            : throw new ArgumentOutOfRangeException(name, $"{name} must be from 1 to {MaximumSize} but was {value}. It counts the numbers of a row.");

    public static float Rate(float value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(name, Invariant($"{name} must be at least 0 and less than 1 but was {value}. It is the part that is left out."));

    public static float Positive(float value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value > 0 && float.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, Invariant($"{name} must be positive and finite but was {value}. Leave it out to use the default."));

    public static T Defined<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "") where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, $"{name} must be one of {string.Join(", ", Enum.GetNames<T>())} but was {value}. Take one of these names.");

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
