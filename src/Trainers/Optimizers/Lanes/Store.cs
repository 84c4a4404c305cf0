using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>A half-open range of lanes.</summary>
internal readonly record struct Run(int From, int To);

/// <summary>One parameter tensor of a group: where its lanes lie, and state of its own.</summary>
internal sealed class StoredLayer(ParameterSpec spec, Run run)
{
    private readonly Run run = run;

    /// <summary>Name, shape and role.</summary>
    public ParameterSpec Spec { get; } = spec;

    /// <summary>Its lanes.</summary>
    public ref readonly Run Run => ref run;

    /// <summary>State that is a few numbers per layer.</summary>
    public Scalars Scalars { get; } = new();

    private readonly Dictionary<string, Matrix> scratch = new(StringComparer.Ordinal);

    /// <summary>A matrix to work in, the same at every step; not state.</summary>
    public Matrix Scratch(string name, int rows, int columns)
    {
        if (!scratch.TryGetValue(name, out Matrix? matrix)) scratch[name] = matrix = new(rows, columns);
        return matrix;
    }

    /// <summary>Rows when read as a matrix: the first dimension.</summary>
    public int Rows => Spec.Shape.IsEmpty ? 1 : Spec.Shape[0];

    /// <summary>Columns when read as a matrix: the product of all other dimensions.</summary>
    public int Columns => Rows == 0 ? 0 : Spec.Count / Rows;
}

/// <summary>One group's parameters, gradients and state, seen through lanes. One subclass per kind of memory.</summary>
internal abstract class Store<T>(Run[] runs, StoredLayer[] layers) where T : struct, ILane<T>
{
    /// <summary>The lanes of this group, in order.</summary>
    public Run[] Runs { get; } = runs;

    /// <summary>The parameter tensors of this group, in order.</summary>
    public StoredLayer[] Layers { get; } = layers;

    /// <summary>State that is a few numbers per group.</summary>
    public Scalars Scalars { get; } = new();

    /// <summary>The weights of the whole buffer; only the lanes of <see cref="Runs"/> are this group's.</summary>
    public abstract Span<T> Weights { get; }

    /// <summary>The gradients of the whole buffer.</summary>
    public abstract Span<T> Gradients { get; }

    /// <summary>The state slot of that name, one number per parameter, of the whole buffer; made on first use.</summary>
    public abstract Span<T> Slot(string name, double initial);

    /// <summary>The relative precision of the numbers.</summary>
    public abstract double MachineEpsilon { get; }

    /// <summary>A layer's part of a slot, in double.</summary>
    public abstract void Read(ReadOnlySpan<T> slot, StoredLayer layer, Span<double> into);

    /// <summary>Writes a layer's part of a slot.</summary>
    public abstract void Write(ReadOnlySpan<double> values, StoredLayer layer, Span<T> slot);

    /// <summary>Carries out what has been asked for so far, before somebody else looks at the weights.</summary>
    public virtual void Settle()
    {
    }

    /// <summary>Ends a sum: the numbers that <paramref name="sums"/> stands for.</summary>
    public virtual double Total(ref LaneSums sums) => sums.Total;
}
