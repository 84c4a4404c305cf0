using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests;

[TestClass]
public sealed class AlignedMemoryTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(100)]
    [DataRow(5 << 20)]
    public void Allocate_AnyLength_StartsAtACacheLine(int length)
    {
        (AddressOf(AlignedMemory.Allocate<float>(length)) % 64).Should().Be(0);
        (AddressOf(AlignedMemory.AllocateUninitialized<float>(length)) % 64).Should().Be(0);
        AlignedMemory.Allocate<float>(length).Span.IndexOfAnyExcept(0).Should().Be(-1);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void AllocateUninitialized_Large_LinuxIsAskedForHugePages()
    {
        if (!Directory.Exists("/sys/kernel/mm/transparent_hugepage")) Assert.Inconclusive("This kernel has no transparent huge pages.");
        Memory<float> memory = AlignedMemory.AllocateUninitialized<float>(8 << 20);
        FlagsOf(AddressOf(memory) + 16_000_000).Should().Contain("hg");
        GC.KeepAlive(memory);
    }

    private static unsafe long AddressOf(Memory<float> memory) => (long)Unsafe.AsPointer(ref memory.Span[0]);

    /// <summary>What the kernel keeps about the mapping with that address.</summary>
    private static string[] FlagsOf(long address)
    {
        bool found = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "VmFlags:" && found) return words[1..];
            string[] ends = words[0].Split('-');
            if (ends.Length == 2) found = long.Parse(ends[0], NumberStyles.HexNumber) <= address && address < long.Parse(ends[1], NumberStyles.HexNumber);
        }
        return [];
    }
}
