using Microsoft.ML.NeuralNetworks;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>
/// Aligned memory with random numbers in it, for floors. Memory that was never written is one page of zeros at many addresses: a scan of it reads nothing
/// from memory, and on a Zen 5, whose first cache guesses lines by their address, products take 18 % longer. A floor must be neither.
/// </summary>
internal static class RandomMemory
{
    public static Memory<float> Allocate(int length)
    {
        Memory<float> memory = AlignedMemory.Allocate<float>(length);
        var random = new Random(1);
        foreach (ref float value in memory.Span) value = random.NextSingle() - 0.5f;
        return memory;
    }
}
