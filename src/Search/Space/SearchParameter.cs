using System.Collections.Immutable;
using System.Globalization;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// One thing that a search may vary. A value of it is kept as a <see cref="double"/>: the number itself, or for a choice
/// the index of the chosen label. Every parameter also has a unit scale, [0, 1], on which samplers work.
/// </summary>
public abstract record SearchParameter
{
    private protected SearchParameter(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0 || name.AsSpan().IndexOfAny("=;\r\n") >= 0 || name != name.Trim())
            throw new ArgumentException(Require.Message(nameof(name), "a word without '=', ';' or outer blanks", $"'{name}'", "It is the left side of 'name=value' in texts and tables."), nameof(name));
        Name = name;
    }

    /// <summary>The name, unique within a space: the left side of <c>name=value</c>.</summary>
    public string Name { get; }

    /// <summary>True if two neighbouring values may be arbitrarily close.</summary>
    public abstract bool IsContinuous { get; }

    /// <summary>The number of different values, or null for a continuous parameter.</summary>
    public abstract long? Count { get; }

    /// <summary>The place of <paramref name="value"/> on the unit scale.</summary>
    internal abstract double ToUnit(double value);

    /// <summary>The value at <paramref name="unit"/> on the unit scale; outside of [0, 1] the nearest end.</summary>
    internal abstract double FromUnit(double unit);

    /// <summary>True if <paramref name="value"/> is one of the values.</summary>
    internal abstract bool Contains(double value);

    /// <summary>The value with that index when the values are counted from 0; for a continuous parameter one of <paramref name="points"/> evenly spaced ones.</summary>
    internal abstract double Nth(long index, int points);

    /// <summary>The text of a value, exact.</summary>
    internal abstract string Format(double value);

    /// <summary>The value of a text.</summary>
    /// <exception cref="FormatException">The text is not one of the values.</exception>
    internal abstract double Parse(string text);

    /// <summary>The definition in one line: two studies may be continued as one only if these agree.</summary>
    internal abstract string Describe();

    private protected FormatException NotAValue(string text) =>
        new($"{Name} must be {Describe()} but was '{text}'. Use one of its values.");

    private protected static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private protected static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}

/// <summary>A number in [<see cref="Minimum"/>, <see cref="Maximum"/>], uniform on a linear or a logarithmic scale.</summary>
public sealed record FloatParameter : SearchParameter
{
    /// <summary>Defines the range.</summary>
    /// <exception cref="ArgumentException">The range is empty or not finite, or a logarithmic range does not begin above zero.</exception>
    public FloatParameter(string name, double minimum, double maximum, bool logarithmic = false) : base(name)
    {
        Require.That(double.IsFinite(minimum) && (!logarithmic || minimum > 0), $"{name}.minimum", logarithmic ? "finite and above zero" : "finite", minimum, "A logarithmic scale has no zero.");
        Require.That(double.IsFinite(maximum) && maximum > minimum, $"{name}.maximum", $"finite and above the minimum {Number(minimum)}", maximum, "Leave out what is not to be varied.");
        (Minimum, Maximum, IsLogarithmic) = (minimum, maximum, logarithmic);
    }

    /// <summary>The least value.</summary>
    public double Minimum { get; }

    /// <summary>The greatest value.</summary>
    public double Maximum { get; }

    /// <summary>True if equal ratios are equally likely, false if equal differences are.</summary>
    public bool IsLogarithmic { get; }

    /// <inheritdoc/>
    public override bool IsContinuous => true;

    /// <inheritdoc/>
    public override long? Count => null;

    internal override double ToUnit(double value) => IsLogarithmic
        ? Math.Log(value / Minimum) / Math.Log(Maximum / Minimum)
        : (value - Minimum) / (Maximum - Minimum);

    internal override double FromUnit(double unit)
    {
        double u = Math.Clamp(unit, 0, 1);
        double value = IsLogarithmic ? Minimum * Math.Exp(u * Math.Log(Maximum / Minimum)) : Minimum + u * (Maximum - Minimum);
        return Math.Clamp(value, Minimum, Maximum);
    }

    internal override bool Contains(double value) => value >= Minimum && value <= Maximum;

    internal override double Nth(long index, int points) => FromUnit(points == 1 ? 0.5 : (double)index / (points - 1));

    internal override string Format(double value) => Number(value);

    internal override double Parse(string text) =>
        TryNumber(text, out double value) && Contains(value) ? value : throw NotAValue(text);

    internal override string Describe() => $"{(IsLogarithmic ? "logFloat" : "float")}[{Number(Minimum)}, {Number(Maximum)}]";
}

/// <summary>A whole number in [<see cref="Minimum"/>, <see cref="Maximum"/>] in steps of <see cref="Step"/>, uniform on a linear or a logarithmic scale.</summary>
public sealed record IntParameter : SearchParameter
{
    /// <summary>Defines the range. The greatest value is the last whole step at or below <paramref name="maximum"/>.</summary>
    /// <exception cref="ArgumentException">The range is empty, the step is below 1, or a logarithmic range has a step or does not begin above zero.</exception>
    public IntParameter(string name, int minimum, int maximum, int step = 1, bool logarithmic = false) : base(name)
    {
        Require.That(!logarithmic || minimum > 0, $"{name}.minimum", "above zero", minimum, "A logarithmic scale has no zero.");
        Require.That(maximum > minimum, $"{name}.maximum", $"above the minimum {minimum}", maximum, "Leave out what is not to be varied.");
        Require.That(step >= 1 && step <= (long)maximum - minimum && (!logarithmic || step == 1), $"{name}.step", logarithmic ? "1 on a logarithmic scale" : "between 1 and the width of the range", step, "Use a choice for irregular values.");
        (Minimum, Step, IsLogarithmic) = (minimum, step, logarithmic);
        Maximum = (int)(minimum + ((long)maximum - minimum) / step * step);
    }

    /// <summary>The least value.</summary>
    public int Minimum { get; }

    /// <summary>The greatest value.</summary>
    public int Maximum { get; }

    /// <summary>The distance of neighbouring values.</summary>
    public int Step { get; }

    /// <summary>True if equal ratios are equally likely, false if equal differences are.</summary>
    public bool IsLogarithmic { get; }

    /// <inheritdoc/>
    public override bool IsContinuous => false;

    /// <inheritdoc/>
    public override long? Count => ((long)Maximum - Minimum) / Step + 1;

    // Half a step of margin at both ends gives the outer values as much room as the inner ones.
    private double Low => Minimum - 0.5 * Step;

    private double High => Maximum + 0.5 * Step;

    internal override double ToUnit(double value) => IsLogarithmic
        ? Math.Log(value / Low) / Math.Log(High / Low)
        : (value - Low) / (High - Low);

    internal override double FromUnit(double unit)
    {
        double u = Math.Clamp(unit, 0, 1);
        double raw = IsLogarithmic ? Low * Math.Exp(u * Math.Log(High / Low)) : Low + u * (High - Low);
        double steps = Math.Round((raw - Minimum) / Step, MidpointRounding.AwayFromZero);
        return Math.Clamp(Minimum + steps * Step, Minimum, Maximum);
    }

    internal override bool Contains(double value) =>
        value >= Minimum && value <= Maximum && (value - Minimum) % Step == 0;

    internal override double Nth(long index, int points) => Minimum + (double)index * Step;

    internal override string Format(double value) => ((long)value).ToString(CultureInfo.InvariantCulture);

    internal override double Parse(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && Contains(value) ? value : throw NotAValue(text);

    internal override string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"{(IsLogarithmic ? "logInt" : "int")}[{Minimum}, {Maximum}{(Step == 1 ? "" : $", step {Step}")}]");
}

/// <summary>One of several labelled values without an order: an optimizer, a kind of schedule, an activation.</summary>
public sealed record ChoiceParameter : SearchParameter
{
    /// <summary>Defines the labels.</summary>
    /// <exception cref="ArgumentException">There is no label, one comes twice, or one cannot stand in a text.</exception>
    public ChoiceParameter(string name, IEnumerable<string> labels) : base(name)
    {
        ArgumentNullException.ThrowIfNull(labels);
        Labels = [.. labels];
        Require.That(Labels.Length > 0, $"{name}.labels", "at least one", 0, "Give the values to choose from.");
        foreach (string label in Labels)
            if (string.IsNullOrEmpty(label) || label != label.Trim() || label.AsSpan().IndexOfAny(";\r\n") >= 0)
                throw new ArgumentException(Require.Message($"{name}.labels", "words without ';' or outer blanks", $"'{label}'", "They stand in texts and tables."), nameof(labels));
        if (Labels.Distinct(StringComparer.Ordinal).Count() != Labels.Length)
            throw new ArgumentException(Require.Message($"{name}.labels", "all different", string.Join(", ", Labels), "Give each value its own label."), nameof(labels));
    }

    /// <summary>The labels, in the order in which they were given.</summary>
    public ImmutableArray<string> Labels { get; }

    /// <inheritdoc/>
    public override bool IsContinuous => false;

    /// <inheritdoc/>
    public override long? Count => Labels.Length;

    /// <summary>Equal if name and labels are.</summary>
    public bool Equals(ChoiceParameter? other) => other is not null && Name == other.Name && Labels.SequenceEqual(other.Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Labels.Length);

    internal int IndexOf(string label)
    {
        int index = Labels.IndexOf(label);
        return index >= 0 ? index : throw NotAValue(label);
    }

    internal override double ToUnit(double value) => (value + 0.5) / Labels.Length;

    internal override double FromUnit(double unit) => Math.Clamp(Math.Floor(unit * Labels.Length), 0, Labels.Length - 1);

    internal override bool Contains(double value) => value >= 0 && value < Labels.Length && value == Math.Floor(value);

    internal override double Nth(long index, int points) => index;

    internal override string Format(double value) => Labels[(int)value];

    internal override double Parse(string text) => IndexOf(text);

    internal override string Describe() => $"one of {{{string.Join(" | ", Labels)}}}";
}
