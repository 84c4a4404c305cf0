using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Layers one after the other. The gradient goes back through two buffers in turn.</summary>
internal sealed unsafe class PassChain : IDisposable
{
    private readonly LayerPass[] layers;
    private readonly int firstNeeded, widest;
    private readonly AlignedBuffer a = new(), b = new();

    /// <param name="layers">In order.</param>
    /// <param name="network">Whose layers they are.</param>
    /// <param name="packed">The dense layers' packed weights.</param>
    /// <param name="passesBack">Whether the gradient of the chain's inputs is asked for.</param>
    public PassChain(IReadOnlyList<Layer> layers, Network network, PackedWeights packed, bool passesBack)
    {
        var passes = new List<LayerPass>();
        int firstThatLearns = -1;
        for (int i = 0; i < layers.Count; i++)
        {
            if (firstThatLearns < 0 && layers[i].Parameters.Any(spec => spec.IsTrainable)) firstThatLearns = passes.Count;
            bool rectified = layers[i] is Dense or NtkDense && i + 1 < layers.Count && layers[i + 1] is Activation { Function: ActivationFunction.Relu };
            // A chain's input belongs to somebody else.
            bool mayOverwrite = passes.Count > 0 && !passes[^1].KeepsOutput;
            bool learnsInFront = passesBack || (firstThatLearns >= 0 && firstThatLearns < passes.Count);
            if (layers[i] is ParametricActivation { Size: > 1 } blended && i + 1 < layers.Count && layers[i + 1] is Dropout dropout)
            {
                passes.Add(new ParametricActivationPass(blended, network.Layout, mayOverwrite, dropout, packed.Number(dropout)));
                i++;
                continue;
            }
            passes.Add(LayerPasses.Make(layers[i], network, packed, rectified, mayOverwrite, learnsInFront));
            if (rectified) i++;
        }
        this.layers = [.. passes];
        firstNeeded = passesBack ? 0 : firstThatLearns < 0 ? passes.Count : firstThatLearns;
        PassesBack = passesBack;
        widest = Math.Max(LayerPass.Stride(layers[0].Inputs), layers.Max(layer => LayerPass.Stride(layer.Outputs)));
    }

    private bool PassesBack { get; }

    /// <summary>Where the caller may put the gradient of the outputs.</summary>
    public float* OutputGradient => a.Pointer;

    public void Reserve(int rows)
    {
        a.Reserve(rows * widest);
        b.Reserve(rows * widest);
        foreach (LayerPass layer in layers) layer.Reserve(rows);
    }

    public float* Forward(float* x, in PassContext context)
    {
        foreach (LayerPass layer in layers) x = layer.Forward(x, context);
        return x;
    }

    /// <summary>From the gradient in <see cref="OutputGradient"/> to the gradient of the inputs, where that is asked for.</summary>
    public float* Backward(in PassContext context)
    {
        float* dy = a.Pointer;
        for (int i = layers.Length - 1; i >= firstNeeded; i--)
        {
            float* free = dy == a.Pointer ? b.Pointer : a.Pointer;
            dy = layers[i].Backward(dy, i > firstNeeded || PassesBack ? free : null, context);
        }
        return dy;
    }

    public void Dispose()
    {
        foreach (LayerPass layer in layers) layer.Dispose();
    }
}
