using System.Collections.Immutable;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>How much the rows of each class count in training: a factor of their example weights.</summary>
public sealed record ClassWeights
{
    private ClassWeights(ImmutableArray<double> values) => Values = values;

    /// <summary>Rows / (classes * rows of the class), so that every class counts alike. Equals scikit-learn's <c>balanced</c>.</summary>
    public static ClassWeights Balanced { get; } = new([]);

    /// <summary>One factor per class, in the order of the label's keys; for a binary label false, then true. Empty: balanced.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>Given factors.</summary>
    /// <param name="values">One per class, each a finite number of at least 0.</param>
    /// <exception cref="ArgumentException">There is no factor, or one is out of range.</exception>
    public static ClassWeights Of(params ReadOnlySpan<double> values)
    {
        if (values.IsEmpty) throw new ArgumentException("values must have one factor per class but had none. Use ClassWeights.Balanced to weight classes alike.", nameof(values));
        foreach (double value in values) Require.NotNegative(value, "0 leaves a class out.", nameof(values));
        return new ClassWeights([.. values]);
    }

    /// <inheritdoc/>
    public bool Equals(ClassWeights? other) => other is not null && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Length;

    /// <summary>The rows with weights that hold the factors of their classes.</summary>
    internal TrainingData Apply(TrainingData data, int classes)
    {
        if (!Values.IsEmpty && Values.Length != classes)
            throw new InvalidOperationException($"ClassWeights must have one factor for each of the {classes} classes but has {Values.Length}. Give them in the order of the label's keys.");
        ReadOnlySpan<float> labels = data.Labels.Span;
        var total = new double[classes];
        for (int row = 0; row < data.Rows; row++) total[(int)labels[row]] += Weight(data, row);
        double sum = total.Sum();
        Memory<float> weights = NeuralNetworks.AlignedMemory.Allocate<float>(data.Rows);
        for (int row = 0; row < data.Rows; row++)
        {
            int label = (int)labels[row];
            weights.Span[row] = (float)(Weight(data, row) * (Values.IsEmpty ? sum / (classes * total[label]) : Values[label]));
        }
        return data with { Weights = weights };
    }

    private static double Weight(TrainingData data, int row) => data.Weights.IsEmpty ? 1 : data.Weights.Span[row];
}
