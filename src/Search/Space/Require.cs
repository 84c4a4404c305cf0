using System.Globalization;

namespace Microsoft.ML.TrainerSearch;

/// <summary>One form for every refusal of an argument: the name, the rule, the value, the advice.</summary>
internal static class Require
{
    public static void That(bool met, string name, string rule, object? value, string advice)
    {
        if (!met) throw new ArgumentOutOfRangeException(name, Message(name, rule, value, advice));
    }

    public static string Message(string name, string rule, object? value, string advice) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} must be {rule} but was {value ?? "null"}. {advice}");
}
