using System.Collections.Immutable;
using System.Globalization;
using System.Numerics.Tensors;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// Regression: prediction_j = clamp(raw_j scale_j + shift_j, minimum, maximum). With the label's standard deviation as scale and its mean
/// as shift it undoes the standardisation of the labels. Several networks: the mean of their predictions.
/// </summary>
public sealed record LinearOutput : OutputTransform
{
    /// <summary>prediction_j = raw_j scale_j + shift_j.</summary>
    /// <param name="scale">One factor per output.</param>
    /// <param name="shift">One summand per output.</param>
    /// <exception cref="ArgumentException">The lengths differ or a value is not finite.</exception>
    public LinearOutput(ReadOnlySpan<float> scale, ReadOnlySpan<float> shift)
    {
        if (scale.IsEmpty || scale.Length != shift.Length)
            throw new ArgumentException($"shift must have as many values as scale, at least one, but they had {shift.Length} and {scale.Length}. Give one of each per output.", nameof(shift));
        foreach (float value in scale) CheckFinite(value, nameof(scale));
        foreach (float value in shift) CheckFinite(value, nameof(shift));
        Scale = [.. scale];
        Shift = [.. shift];
    }

    /// <summary>One output: prediction = raw scale + shift.</summary>
    public LinearOutput(float scale = 1, float shift = 0) : this([scale], [shift]) { }

    /// <summary>The factors, one per output.</summary>
    public ImmutableArray<float> Scale { get; }

    /// <summary>The summands, one per output.</summary>
    public ImmutableArray<float> Shift { get; }

    /// <summary>No prediction is below this: the smallest label seen, for example. Default: no bound.</summary>
    public float Minimum { get; init; } = float.NegativeInfinity;

    /// <summary>No prediction is above this: the largest label seen, for example. Default: no bound.</summary>
    public float Maximum { get; init; } = float.PositiveInfinity;

    /// <summary>
    /// Whether the outputs are put in ascending order, as quantiles are that must not cross
    /// (Chernozhukov, Fernandez-Val and Galichon 2010, Quantile and probability curves without crossing).
    /// </summary>
    public bool Ascending { get; init; }

    /// <inheritdoc/>
    public bool Equals(LinearOutput? other) =>
        other is not null && Scale.AsSpan().SequenceEqual(other.Scale.AsSpan()) && Shift.AsSpan().SequenceEqual(other.Shift.AsSpan())
        && Minimum.Equals(other.Minimum) && Maximum.Equals(other.Maximum) && Ascending == other.Ascending;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scale.Length, Scale[0], Shift[0], Minimum, Maximum, Ascending);

    /// <summary>The name and the numbers, of many outputs the first few, in invariant culture.</summary>
    public override string ToString() => Checks.Invariant(
        $"{nameof(LinearOutput)} {{ {nameof(Scale)} = {Text(Scale)}, {nameof(Shift)} = {Text(Shift)}, {nameof(Minimum)} = {Minimum}, {nameof(Maximum)} = {Maximum}, {nameof(Ascending)} = {Ascending} }}");

    private static string Text(ImmutableArray<float> values)
    {
        const int Most = 4;
        string first = string.Join(", ", values.Take(Most).Select(value => value.ToString(CultureInfo.InvariantCulture)));
        return values.Length > Most ? $"{first}, ... ({values.Length} in all)" : first;
    }

    internal override int NetworkOutputs(int predictions) => predictions;

    internal override int Predictions(int networkOutputs) => networkOutputs == Scale.Length
        ? networkOutputs
        : throw new ArgumentException($"scale must have one value for each of the {networkOutputs} outputs of the network but had {Scale.Length}. Give one per output.");

    internal override void Apply(Span<float> raw, int networks, Span<float> prediction)
    {
        int outputs = prediction.Length;
        for (int j = 0; j < outputs; j++)
        {
            float sum = 0;
            for (int network = 0; network < networks; network++) sum += Bounded(raw[network * outputs + j] * Scale[j] + Shift[j]);
            prediction[j] = networks == 1 ? sum : sum / networks;
        }
        if (Ascending) prediction.Sort();
    }

    // A number per row, the usual regression: a call per row would cost more than the arithmetic.
    internal override void Apply(Span<float> raw, int stride, int networks, Span<float> predictions, int rows)
    {
        if (networks > 1 || predictions.Length > rows)
        {
            base.Apply(raw, stride, networks, predictions, rows);
            return;
        }
        for (int row = 0; row < predictions.Length; row++) predictions[row] = raw[row * stride];
        TensorPrimitives.Multiply(predictions, Scale[0], predictions);
        TensorPrimitives.Add(predictions, Shift[0], predictions);
        TensorPrimitives.Max(predictions, Minimum, predictions);
        TensorPrimitives.Min(predictions, Maximum, predictions);
    }

    private float Bounded(float value) => MathF.Min(MathF.Max(value, Minimum), Maximum);

    private static void CheckFinite(float value, string name)
    {
        if (!float.IsFinite(value)) throw new ArgumentException(Checks.Invariant($"{name} must be finite but was {value}. Look for missing or infinite labels."), name);
    }
}
