using BenchmarkDotNet.Attributes;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using MlNetLr.Benchmarks.Compare;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>The product whose left matrix is partly zeros: what a rectifier or one-hot columns leave to do. Half as many rows as <see cref="ProductBenchmarks"/>.</summary>
public unsafe class NonZeroProductBenchmarks
{
    private const int Rows = 128;

    private Memory<float> x, y;
    private PackedMatrix weights = null!;

    /// <summary>Inputs and outputs of the layer.</summary>
    [Params(128, 512)]
    public int Size { get; set; }

    /// <summary>How many of a hundred inputs are zero.</summary>
    [Params(0, 30, 50, 70, 90, 97)]
    public int Zeros { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        x = RandomMemory.Allocate(Rows * Size);
        foreach (ref float value in x.Span)
            if (random.Next(100) < Zeros) value = 0;
        y = RandomMemory.Allocate(Rows * Size);
        weights = new PackedMatrix(Size, Size);
        weights.Pack(RandomMemory.Allocate(Size * Size).Span, Size, Size);
    }

    [Benchmark]
    public void Forward()
    {
        fixed (float* a = x.Span, c = y.Span) Gemm.Multiply(a, Size, 1, weights.Panels, null, c, Size, Rows, Size, Size, lower: 0);
    }

    [Benchmark]
    public void WeightGradient()
    {
        fixed (float* a = x.Span, c = y.Span) Gemm.Multiply(a, 1, Rows, weights.Panels, null, c, Size, Rows, Size, Size);
    }
}
