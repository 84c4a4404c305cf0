using BenchmarkDotNet.Attributes;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>Activation functions over 256 rows of 128 numbers.</summary>
public class ActivationBenchmarks
{
    private readonly Memory<float> x = AlignedMemory.Allocate<float>(256 * 128), y = AlignedMemory.Allocate<float>(256 * 128);

    /// <summary>The function.</summary>
    [ParamsAllValues]
    public ActivationFunction Function { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        foreach (ref float value in x.Span) value = random.NextSingle() * 4 - 2;
    }

    [Benchmark]
    public void Forward() => Activations.Apply(Function, x.Span, y.Span);

    [Benchmark]
    public void Backward() => Activations.Backward(Function, x.Span, y.Span);
}
