using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>Each loss in torch operations. The definitions are <see cref="Loss.Evaluate"/>'s; a test compares the two.</summary>
internal static class TorchLosses
{
    /// <param name="loss">The loss.</param>
    /// <param name="outputs">Rows x outputs.</param>
    /// <param name="labels">Rows x label columns.</param>
    /// <returns>One loss per row.</returns>
    public static Tensor PerRow(Loss loss, Tensor outputs, Tensor labels) => loss switch
    {
        SquaredError => (outputs - labels).square().mean([1]),
        LogisticLoss => functional.binary_cross_entropy_with_logits(outputs, labels, reduction: Reduction.None).squeeze(1),
        SoftmaxCrossEntropy => functional.cross_entropy(outputs, labels.squeeze(1).to(ScalarType.Int64), reduction: Reduction.None),
        _ => throw new NotSupportedException($"The Torch engine must know the loss but was given {loss.GetType().Name}."),
    };
}
