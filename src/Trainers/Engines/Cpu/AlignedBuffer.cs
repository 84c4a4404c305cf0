using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Scratch memory that grows when more is asked for and never moves while it suffices. New memory is zero.</summary>
internal sealed unsafe class AlignedBuffer
{
    public Memory<float> Memory { get; private set; }

    public float* Pointer { get; private set; }

    public Span<float> Span => Memory.Span;

    public float* Reserve(int length)
    {
        if (length > Memory.Length)
        {
            Memory = AlignedMemory.Allocate<float>(length);
            Pointer = AddressOf(Memory);
        }
        return Pointer;
    }

    /// <summary>Where pinned memory lies.</summary>
    public static float* AddressOf(Memory<float> pinned)
    {
        fixed (float* address = pinned.Span) return address;
    }
}
