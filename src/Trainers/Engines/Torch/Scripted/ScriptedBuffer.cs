using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>A flat tensor, its parts that are lanes, and the symbols that stand for them in the present program.</summary>
internal sealed class ScriptedBuffer : IDisposable
{
    public ScriptedBuffer(string name, (int Offset, int Count)[] ranges, Tensor flat)
    {
        Name = name;
        Flat = flat;
        Lanes = [.. ranges.Select(range => flat.narrow(0, range.Offset, range.Count).DetachFromDisposeScope())];
        Symbols = new Symbol[ranges.Length];
        Inputs = new Symbol[ranges.Length];
    }

    public string Name { get; }

    public Tensor Flat { get; }

    public Tensor[] Lanes { get; }

    public Symbol[] Symbols { get; }

    public Symbol[] Inputs { get; }

    /// <summary>The lanes go; the flat tensor is its owner's.</summary>
    public void Dispose()
    {
        foreach (Tensor lane in Lanes) lane.Dispose();
    }
}
