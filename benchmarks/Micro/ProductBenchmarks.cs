using BenchmarkDotNet.Attributes;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using MlNetLr.Benchmarks.Compare;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>The three products of a dense layer, and the packing in front of them.</summary>
public unsafe class ProductBenchmarks
{
    private Memory<float> x, y, w;
    private PackedMatrix weights = null!, transposed = null!, gradient = null!;

    /// <summary>Inputs and outputs of the layer.</summary>
    [Params(128, 512)]
    public int Size { get; set; }

    /// <summary>Rows.</summary>
    [Params(1, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        x = RandomMemory.Allocate(Rows * Size);
        y = RandomMemory.Allocate(Rows * Size);
        w = RandomMemory.Allocate(Size * Size);
        (weights, transposed, gradient) = (new(Size, Size), new(Size, Size), new(Rows, Size));
        weights.Pack(w.Span, Size, Size);
        transposed.PackTransposed(w.Span, Size, Size);
        gradient.Pack(y.Span, Rows, Size);
    }

    [Benchmark]
    public void Pack() => weights.Pack(w.Span, Size, Size);

    [Benchmark]
    public void PackTransposed() => transposed.PackTransposed(w.Span, Size, Size);

    [Benchmark]
    public void Forward()
    {
        fixed (float* a = x.Span, c = y.Span) Gemm.Multiply(a, Size, 1, weights.Panels, null, c, Size, Rows, Size, Size, lower: 0);
    }

    [Benchmark]
    public void WeightGradient()
    {
        fixed (float* a = x.Span, c = w.Span) Gemm.Multiply(a, 1, Size, gradient.Panels, null, c, Size, Size, Size, Rows);
    }

    [Benchmark]
    public void InputGradient()
    {
        fixed (float* a = y.Span, c = x.Span) Gemm.Multiply(a, Size, 1, transposed.Panels, null, c, Size, Rows, Size, Size);
    }
}
