using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>The forward pass of each layer kind in torch operations; autograd derives the backward pass.</summary>
internal sealed class TorchForward(Network network, IReadOnlyDictionary<string, Tensor> parameters, ulong seed)
{
    /// <param name="x">Rows x inputs.</param>
    /// <param name="step">The step, which with the seed decides what is dropped.</param>
    public Tensor Train(Tensor x, long step) => Run(x, step);

    /// <param name="x">Rows x inputs.</param>
    public Tensor Evaluate(Tensor x) => Run(x, step: null);

    private Tensor Run(Tensor x, long? step)
    {
        foreach (Layer layer in network.Layers) x = Apply(layer, x, step);
        return x;
    }

    private Tensor Apply(Layer layer, Tensor x, long? step) => layer switch
    {
        Dense dense => addmm(parameters[$"{dense.Name}.bias"], x, parameters[$"{dense.Name}.weight"], beta: 1, alpha: 1),
        Activation activation => Apply(activation.Function, x),
        _ => throw new NotSupportedException($"The Torch engine must know every layer but was given {layer.GetType().Name} '{layer.Name}' (seed {seed}, step {step})."),
    };

    private static Tensor Apply(ActivationFunction function, Tensor x) => function switch
    {
        ActivationFunction.Relu => functional.relu(x),
        ActivationFunction.Gelu => functional.gelu(x),
        ActivationFunction.Silu => functional.silu(x),
        ActivationFunction.Selu => functional.selu(x),
        ActivationFunction.Mish => functional.mish(x),
        ActivationFunction.Tanh => x.tanh(),
        ActivationFunction.Sigmoid => x.sigmoid(),
        _ => throw new NotSupportedException($"The Torch engine must know the activation but was given {function}."),
    };
}
