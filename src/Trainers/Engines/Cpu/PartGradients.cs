using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// A gradient for each part of a batch, added up slice by slice, in the order of the parts. A slice that another thread will add up is sent to it: copied past the
/// caches, so that what a part writes in the next step is still its thread's own. Large gradients leave the caches anyway, and are read where they lie.
/// </summary>
internal sealed unsafe class PartGradients
{
    private readonly ParameterLayout layout;
    private readonly AlignedBuffer sum;
    private readonly AlignedBuffer[] own, sent;
    private readonly bool sends;

    /// <param name="layout">Of the gradients.</param>
    /// <param name="sum">Where the sum goes.</param>
    /// <param name="parts">At most.</param>
    /// <param name="sends">Whether slices are sent.</param>
    public PartGradients(ParameterLayout layout, AlignedBuffer sum, int parts, bool sends)
    {
        (this.layout, this.sum, this.sends) = (layout, sum, sends);
        own = new AlignedBuffer[parts];
        sent = new AlignedBuffer[parts];
        for (int part = 0; part < parts; part++)
        {
            own[part] = new AlignedBuffer();
            sent[part] = sends ? new AlignedBuffer() : own[part];
        }
    }

    /// <summary>What a part writes.</summary>
    public AlignedBuffer this[int part] => own[part];

    /// <summary>Makes room.</summary>
    public void Reserve(int parts)
    {
        for (int part = 0; part < parts; part++)
        {
            own[part].Reserve(layout.Length);
            sent[part].Reserve(layout.Length);
        }
    }

    /// <summary>Sends a part's gradient to the threads that add up its slices; the part's own thread adds up the slice of the same number.</summary>
    public void Send(int part, int slices)
    {
        for (int slice = 0; sends && slice < slices; slice++)
        {
            if (slice == part) continue;
            (int start, int end) = layout.Share(slice, slices);
            Vectors.CopyAside(sent[part].Span[start..end], own[part].Span[start..end]);
        }
    }

    /// <summary>One slice of the sum, or of what is added to it.</summary>
    public void Add(int slice, int slices, int parts, bool accumulate)
    {
        (int start, int end) = layout.Share(slice, slices);
        Span<float> total = sum.Span[start..end];
        if (accumulate)
        {
            for (int part = 0; part < parts; part++) Vectors.Add(total, Slice(part));
            return;
        }
        Vectors.Add(total, Slice(0), Slice(1));
        for (int part = 2; part < parts; part++) Vectors.Add(total, Slice(part));

        ReadOnlySpan<float> Slice(int part) => (part == slice ? own : sent)[part].Span[start..end];
    }
}
