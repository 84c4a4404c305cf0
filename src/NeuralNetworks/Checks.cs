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

    public static string Name(string value)
    {
        if (string.IsNullOrEmpty(value)) throw new ArgumentException("Name must not be empty. Give each layer a name such as 'layers.0'.", nameof(Name));
        foreach (char letter in value)
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-'))
                throw new ArgumentException($"Name must consist of letters, digits, '.', '_' and '-' but was '{value}'. It becomes part of the names of tensors.", nameof(Name));
        return value;
    }

    public static int NotNegative(int value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and <= MaximumSize
            ? value
            : throw new ArgumentOutOfRangeException(name, $"{name} must be from 0 to {MaximumSize} but was {value}. It is a count.");

    public static void Ascending(IReadOnlyList<int> columns, int inputs, string name)
    {
        if (columns.Count == 0) throw new ArgumentException($"{name} must not be empty. Leave the layer out if no column needs it.", name);
        for (int i = 0; i < columns.Count; i++)
            if (columns[i] < 0 || columns[i] >= inputs || i > 0 && columns[i] <= columns[i - 1])
                throw new ArgumentException($"{name} must ascend from 0 to less than {inputs}, each once, but was {columns[i]} at place {i}. Give places in the row.", name);
    }

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
