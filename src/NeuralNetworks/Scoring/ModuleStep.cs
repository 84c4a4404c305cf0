using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// A module of the application's own. Its code sees rows without gaps. Whether a row's result has the same bits in every batch is up
/// to that code.
/// </summary>
internal sealed class ModuleStep(OwnModule module, ParameterLayout layout, ReadOnlySpan<float> weights) : ForwardStep(module.Inputs, module.Outputs)
{
    private readonly ModuleScorer scorer = module.Code.Load(module, layout, weights);

    public override int ScratchPerRow => Inputs + Outputs;

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        int from = Stride(Inputs), to = Stride(Outputs);
        Span<float> packed = scratch[..(rows * Inputs)], results = scratch.Slice(rows * Inputs, rows * Outputs);
        for (int row = 0; row < rows; row++) input.Slice(row * from, Inputs).CopyTo(packed[(row * Inputs)..]);
        scorer.Run(packed, rows, results);
        for (int row = 0; row < rows; row++) results.Slice(row * Outputs, Outputs).CopyTo(output[(row * to)..]);
    }

    public void Release() => scorer.Release();
}
