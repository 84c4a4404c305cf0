using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.LrSchedules;

/// <summary>Preconditions: one message form, "name must be rule but was value. Advice.", in every build and culture.</summary>
internal static class Guard
{
    internal static double Finite(double value, string advice, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) ? value : throw Out(name, "a finite number", value, advice);

    internal static double Positive(double value, string advice, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) && value > 0 ? value : throw Out(name, "a finite number above 0", value, advice);

    internal static double NotNegative(double value, string advice, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) && value >= 0 ? value : throw Out(name, "a finite number of at least 0", value, advice);

    internal static double AtLeast(double minimum, double value, string advice, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) && value >= minimum ? value : throw Out(name, $"a finite number of at least {Text(minimum)}", value, advice);

    internal static double Between(double minimum, double maximum, double value, string advice, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= minimum && value <= maximum ? value : throw Out(name, $"between {Text(minimum)} and {Text(maximum)}", value, advice);

    internal static int AtLeast(int minimum, int value, string advice, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= minimum ? value : throw Out(name, $"at least {Text(minimum)}", value, advice);

    internal static T Defined<T>(T value, string advice, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw Out(name, "one of " + string.Join(", ", Enum.GetNames<T>()), value, advice);

    internal static ArgumentOutOfRangeException Out(string name, string rule, object value, string advice) =>
        new(Bare(name), $"{Bare(name)} must be {rule} but was {Text(value)}. {advice}");

    internal static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string Bare(string name) => name[(name.LastIndexOf('.') + 1)..];
}
