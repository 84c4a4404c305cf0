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
    /// <param name="smoothing">The label smoothing of the step; null for that of the loss.</param>
    /// <returns>One loss per row.</returns>
    public static Tensor PerRow(Loss loss, Tensor outputs, Tensor labels, double? smoothing = null) => loss switch
    {
        SquaredError => (outputs - labels).square().mean([1]),
        AbsoluteError => (outputs - labels).abs().mean([1]),
        HuberLoss huber => functional.huber_loss(outputs, labels, huber.Delta, Reduction.None).mean([1]),
        LogCoshLoss => LogCosh((outputs - labels).abs()).mean([1]),
        QuantileLoss quantile => Pinball(labels - outputs, tensor([.. quantile.Quantiles.Select(q => (float)q)], device: outputs.device)).mean([1]),
        PoissonLoss => (outputs.exp() - labels * outputs).mean([1]),
        GammaLoss => (labels * (-outputs).exp() + outputs).mean([1]),
        TweedieLoss tweedie => (((2 - tweedie.Power) * outputs).exp() / (2 - tweedie.Power) - labels * ((1 - tweedie.Power) * outputs).exp() / (1 - tweedie.Power)).mean([1]),
        LogisticLoss => functional.binary_cross_entropy_with_logits(outputs, labels, reduction: Reduction.None).squeeze(1),
        HingeLoss => (1 - (2 * labels - 1) * outputs).clamp_min(0).squeeze(1),
        FocalLoss focal when outputs.shape[1] == 1 => Focal(LogSigmoid((2 * labels - 1) * outputs).squeeze(1), focal.Gamma),
        FocalLoss focal => Focal(functional.log_softmax(outputs, 1).gather(1, labels.to(ScalarType.Int64)).squeeze(1), focal.Gamma),
        SoftmaxCrossEntropy softmax => functional.cross_entropy(outputs, labels.squeeze(1).to(ScalarType.Int64), reduction: Reduction.None, label_smoothing: smoothing ?? softmax.Smoothing),
        _ => throw new NotSupportedException($"The Torch engine must know the loss but was given {loss.GetType().Name}."),
    };

    private static Tensor LogCosh(Tensor size) => size + (-2 * size).exp().log1p() - Math.Log(2);

    private static Tensor Pinball(Tensor error, Tensor quantiles) => maximum(quantiles * error, (quantiles - 1) * error);

    private static Tensor LogSigmoid(Tensor score) => -functional.softplus(-score);

    private static Tensor Focal(Tensor logProbability, double gamma) => -(-logProbability.expm1()).pow(gamma) * logProbability;
}
