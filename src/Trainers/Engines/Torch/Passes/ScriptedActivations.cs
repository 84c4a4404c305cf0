using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>Activations: the operations that libtorch's own functions and their derivatives are made of.</summary>
internal static class ScriptedActivations
{
    // Klambauer et al. 2017.
    private const string SeluAlpha = "1.6732632423543772", SeluScale = "1.0507009873554805";

    /// <summary>Whether the derivative is a function of the activation's result, so that the input may be overwritten.</summary>
    public static bool IsInvertible(ActivationFunction function) =>
        function is ActivationFunction.Relu or ActivationFunction.Selu or ActivationFunction.Tanh or ActivationFunction.Sigmoid;

    /// <param name="x">The input.</param>
    /// <param name="y">Where the result goes; may be the input where the function <see cref="IsInvertible"/>.</param>
    public static string Forward(ActivationFunction function, PassRows x, PassRows y) => function switch
    {
        ActivationFunction.Relu => $"torch.clamp_min({x}, 0, out={y})",
        ActivationFunction.Gelu => $"torch.gelu({x}, out={y})",
        ActivationFunction.Silu => $"torch.silu({x}, out={y})",
        ActivationFunction.Selu => $"torch.elu({x}, {SeluAlpha}, {SeluScale}, 1, out={y})",
        ActivationFunction.Mish => $"torch.mish({x}, out={y})",
        ActivationFunction.Tanh => $"torch.tanh({x}, out={y})",
        ActivationFunction.Sigmoid => $"torch.sigmoid({x}, out={y})",
        _ => throw new NotSupportedException($"A scripted pass must know the activation but was given {function}."),
    };

    /// <param name="g">The derivative of the loss by the result.</param>
    /// <param name="x">The input; not read where the function <see cref="IsInvertible"/>.</param>
    /// <param name="y">The result.</param>
    /// <param name="gx">Where the derivative by the input goes; may be <paramref name="g"/>.</param>
    public static string Backward(ActivationFunction function, PassRows g, PassRows x, PassRows y, PassRows gx) => function switch
    {
        ActivationFunction.Relu => $"torch.threshold_backward({g}, {y}, 0, grad_input={gx})",
        ActivationFunction.Gelu => $"torch.gelu_backward({g}, {x}, grad_input={gx})",
        ActivationFunction.Silu => $"torch.silu_backward({g}, {x}, grad_input={gx})",
        ActivationFunction.Selu => $"torch.elu_backward({g}, {SeluAlpha}, {SeluScale}, 1, True, {y}, grad_input={gx})",
        ActivationFunction.Mish => $"{gx}.copy_(torch.mish_backward({g}, {x}))",
        ActivationFunction.Tanh => $"torch.tanh_backward({g}, {y}, grad_input={gx})",
        ActivationFunction.Sigmoid => $"torch.sigmoid_backward({g}, {y}, grad_input={gx})",
        _ => throw new NotSupportedException($"A scripted pass must know the activation but was given {function}."),
    };
}
