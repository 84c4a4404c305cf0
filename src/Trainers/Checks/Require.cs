using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Checks of hyper-parameters, with one form of message: what must hold, what was given, what to do.</summary>
internal static class Require
{
    public static double NotNegative(double value, string advice, [CallerMemberName] string name = "") =>
        double.IsFinite(value) && value >= 0 ? value : throw Error(name, "a finite number of at least 0", value, advice);

    public static double Positive(double value, string advice, [CallerMemberName] string name = "") =>
        double.IsFinite(value) && value > 0 ? value : throw Error(name, "a finite number above 0", value, advice);

    public static double Finite(double value, string advice, [CallerMemberName] string name = "") =>
        double.IsFinite(value) ? value : throw Error(name, "a finite number", value, advice);

    /// <summary>A decay rate of a running average: at least 0 and below 1.</summary>
    public static double Fraction(double value, string advice = "It is the part of a running average that is kept: 0.9 and 0.999 are usual.", [CallerMemberName] string name = "") =>
        value is >= 0 and < 1 ? value : throw Error(name, "at least 0 and below 1", value, advice);

    public static double Between(double minimum, double maximum, double value, string advice, [CallerMemberName] string name = "") =>
        value >= minimum && value <= maximum ? value
        : throw Error(name, string.Create(CultureInfo.InvariantCulture, $"between {minimum} and {maximum}"), value, advice);

    public static TEnum Defined<TEnum>(TEnum value, [CallerMemberName] string name = "") where TEnum : struct, Enum =>
        Enum.IsDefined(value) ? value : throw Error(name, "one of " + string.Join(", ", Enum.GetNames<TEnum>()), value, "There is no other.");

    public static int AtLeast(int minimum, int value, string advice, [CallerMemberName] string name = "") =>
        value >= minimum ? value : throw Error(name, string.Create(CultureInfo.InvariantCulture, $"at least {minimum}"), value, advice);

    /// <summary>The widths of hidden layers: a copy that later changes do not reach.</summary>
    public static IReadOnlyList<int> Units(IReadOnlyList<int>? value, [CallerMemberName] string name = "")
    {
        int[] units = [.. NotNull(value, "Use an empty list for a linear model.", name)];
        foreach (int width in units)
            if (width is < 1 or > NeuralNetworks.Checks.MaximumSize)
                throw Error(name, string.Create(CultureInfo.InvariantCulture, $"1 to {NeuralNetworks.Checks.MaximumSize} units in each layer"), width, "16 to 1024 are usual.");
        return units;
    }

    public static int Between(int minimum, int maximum, int value, string advice, [CallerMemberName] string name = "") =>
        (int)Between(minimum, (double)maximum, value, advice, name);

    public static T NotNull<T>(T? value, string advice, [CallerMemberName] string name = "") where T : class =>
        value ?? throw new ArgumentNullException(name, $"{name} must be a value but was null. {advice}");

    public static string NotEmpty(string? value, string advice, [CallerMemberName] string name = "") =>
        !string.IsNullOrWhiteSpace(value) ? value : throw new ArgumentException($"{name} must be a name but was '{value}'. {advice}", name);

    public static ScheduledValue NotNegative(ScheduledValue value, string advice, [CallerMemberName] string name = "")
    {
        if (value.IsConstant) NotNegative(value.Value, advice, name);
        return value;
    }

    public static ScheduledValue Fraction(ScheduledValue value, string advice = "It is the part of a running average that is kept: 0.9 is usual.", [CallerMemberName] string name = "")
    {
        if (value.IsConstant) Fraction(value.Value, advice, name);
        return value;
    }

    public static ArgumentOutOfRangeException Error(string name, string rule, object value, string advice) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"{name} must be {rule} but was {value}. {advice}"));
}
