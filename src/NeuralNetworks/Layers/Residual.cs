using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>y = x + block(x). He et al. 2015, Deep residual learning, arXiv:1512.03385.</summary>
public sealed record Residual : Layer
{
    /// <summary>Wraps the layers of the block.</summary>
    /// <param name="name">A unique name. The layers of the block keep their own names, usually <c>name.0</c> and so on.</param>
    /// <param name="block">At least one layer; the last gives as many numbers as the first takes.</param>
    /// <exception cref="ArgumentException">The block is empty or its sizes do not fit.</exception>
    public Residual(string name, IEnumerable<Layer> block) : base(name)
    {
        ArgumentNullException.ThrowIfNull(block);
        Block = [.. block];
        if (Block.IsEmpty) throw new ArgumentException("block must have at least one layer but had none. Put a linear layer into it.", nameof(block));
        Network.CheckChain(Block, nameof(block));
        if (Block[^1].Outputs != Block[0].Inputs)
            throw new ArgumentException($"block must give as many numbers as it takes but takes {Block[0].Inputs} and gives {Block[^1].Outputs}. Its output is added to its input.", nameof(block));
    }

    /// <summary>The layers whose result is added.</summary>
    public ImmutableArray<Layer> Block { get; }

    /// <inheritdoc/>
    public override int Inputs => Block[0].Inputs;

    /// <inheritdoc/>
    public override int Outputs => Inputs;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters => [.. Block.SelectMany(layer => layer.Parameters)];

    /// <inheritdoc/>
    public bool Equals(Residual? other) => base.Equals(other) && Block.SequenceEqual(other!.Block);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Block.Length, Block[0]);
}
