using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>A flat tensor, its parts that are lanes, and the symbols that stand for them in the present program.</summary>
internal sealed class ScriptedBuffer : IDisposable
{
    private readonly Tensor? index;

    public ScriptedBuffer(string name, (int Offset, int Count)[] ranges, Tensor flat)
    {
        Name = name;
        Flat = flat;
        Lanes = [.. ranges.Select(range => flat.narrow(0, range.Offset, range.Count).DetachFromDisposeScope())];
        Symbols = new Symbol[ranges.Length];
        Inputs = new Symbol[ranges.Length];
    }

    /// <summary>
    /// Scattered parts of a flat tensor as one lane: copied out before a program and back after it, so that a program's operations do
    /// not grow with the number of parts.
    /// </summary>
    public ScriptedBuffer(string name, Tensor flat, Tensor index)
        : this(name, [(0, (int)index.numel())], empty(index.numel(), device: flat.device).DetachFromDisposeScope()) => (this.index, Source) = (index, flat);

    public string Name { get; }

    public Tensor Flat { get; }

    /// <summary>What the lane was copied out of; null where lanes are parts of the tensor itself.</summary>
    private Tensor? Source { get; }

    public Tensor[] Lanes { get; }

    public Symbol[] Symbols { get; }

    public Symbol[] Inputs { get; }

    /// <summary>Copies the parts out, where they are scattered.</summary>
    public void Gather()
    {
        if (index is null) return;
        using Tensor parts = Source!.index_select(0, index);
        Flat.copy_(parts);
    }

    /// <summary>Copies the parts back, where they are scattered.</summary>
    public void Scatter()
    {
        if (index is not null) Source!.index_copy_(0, index, Flat);
    }

    /// <summary>The lanes go; a flat tensor that was given is its owner's.</summary>
    public void Dispose()
    {
        foreach (Tensor lane in Lanes) lane.Dispose();
        if (index is not null) Flat.Dispose();
    }
}
