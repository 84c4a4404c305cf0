using System.Collections.Immutable;
using System.Globalization;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression on one or several quantiles at once: for each quantile q, q e where e = label - score &gt;= 0 and (q - 1) e otherwise; the
/// mean over the quantiles. Minimised by the quantile of the label given the features, so that quantiles 0.05 and 0.95 bound a 90 %
/// interval. The model puts its quantiles in ascending order, so that they never cross.
/// Koenker and Bassett 1978, Regression quantiles.
/// </summary>
public sealed record QuantileLoss : Loss
{
    /// <param name="quantiles">Each above 0 and below 1, ascending; at least one.</param>
    /// <exception cref="ArgumentException">There is no quantile, one is out of range, or they do not ascend.</exception>
    public QuantileLoss(params ReadOnlySpan<double> quantiles)
    {
        if (quantiles.IsEmpty) throw new ArgumentException("quantiles must have at least one value but had none. 0.5 is the median.", nameof(quantiles));
        for (int i = 0; i < quantiles.Length; i++)
        {
            if (!(quantiles[i] is > 0 and < 1)) throw Require.Error(nameof(quantiles), "above 0 and below 1", quantiles[i], "0.5 is the median.");
            if (i > 0 && quantiles[i] <= quantiles[i - 1]) throw Require.Error(nameof(quantiles), string.Create(CultureInfo.InvariantCulture, $"ascending after {quantiles[i - 1]}"), quantiles[i], "Sort them and leave repeats out.");
        }
        Quantiles = [.. quantiles];
    }

    /// <summary>The quantiles, ascending.</summary>
    public ImmutableArray<double> Quantiles { get; }

    /// <inheritdoc/>
    public bool Equals(QuantileLoss? other) => other is not null && Quantiles.AsSpan().SequenceEqual(other.Quantiles.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Quantiles.Length, Quantiles[0]);

    /// <summary>The name and the quantiles: <c>QuantileLoss { Quantiles = 0.05, 0.95 }</c>, in invariant culture.</summary>
    public override string ToString() =>
        $"{nameof(QuantileLoss)} {{ {nameof(Quantiles)} = {string.Join(", ", Quantiles.Select(quantile => quantile.ToString(CultureInfo.InvariantCulture)))} }}";

    internal override LearningTask Task => LearningTask.Regression;

    internal override int Outputs(int classes) => Quantiles.Length;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double error = (double)label[0] - outputs[i], slope = error >= 0 ? Quantiles[i] : Quantiles[i] - 1;
            loss += slope * error;
            gradient[i] = (float)(-slope / outputs.Length);
        }
        return loss / outputs.Length;
    }
}
