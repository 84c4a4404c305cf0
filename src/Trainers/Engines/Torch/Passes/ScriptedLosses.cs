using static Microsoft.ML.Trainers.Torch.Engines.Passes.PassScript;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>
/// Losses as text: the loss of each output s with label y, where d = s - y, and its derivative by s. Outputs are few, so the script may
/// make tensors here. The definitions are <see cref="Loss.Evaluate"/>'s.
/// </summary>
internal static class ScriptedLosses
{
    /// <summary>Why a loss has no text; null where it has one.</summary>
    public static string? WhyNot(Loss loss) => Of(loss, 1) is null ? $"{loss.GetType().Name} is left to autograd." : null;

    /// <summary>Writes the loss of the batch, and its derivative by the outputs, which it returns.</summary>
    /// <param name="script">Where to.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="s">The network's outputs.</param>
    /// <param name="weighted">Whether rows have weights.</param>
    public static PassRows Write(PassScript script, Loss loss, PassRows s, bool weighted)
    {
        (string[] lines, string value, string slope, double factor, bool mean) = Of(loss, s.Columns)!.Value;
        double perOutput = mean ? 1.0 / s.Columns : 1;
        script.Line($"s = {s}");
        script.Line("y = labels.index_select(0, index)");
        foreach (string line in lines) script.Line(line);
        PassRows g = script.Buffer(s.Columns);
        string scale = $"scale * {Number(factor * perOutput)}";
        if (weighted)
        {
            script.Line("w = weights.index_select(0, index).unsqueeze(1)");
            script.Line($"torch.mul({slope}, w * ({scale}), out={g})");
            script.Line($"loss.add_(torch.sum(({value}) * w), alpha={Number(perOutput)})");
        }
        else
        {
            script.Line($"torch.mul({slope}, {scale}, out={g})");
            script.Line($"loss.add_(torch.sum({value}), alpha={Number(perOutput)})");
        }
        return g;
    }

    // Lines before, the loss, the derivative without a factor, the factor, and whether a row's loss is the mean over its outputs or their sum.
    private static (string[] Lines, string Value, string Slope, double Factor, bool Mean)? Of(Loss loss, int outputs) => loss switch
    {
        SquaredError => ([Error], "d * d", "d", 2, true),
        AbsoluteError => ([Error], "d.abs()", "d.sign()", 1, true),
        HuberLoss huber => ([Error], $"torch.huber_loss(s, y, 0, {Number(huber.Delta)})", $"d.clamp({Number(-huber.Delta)}, {Number(huber.Delta)})", 1, true),
        LogCoshLoss => ([Error, "a = d.abs()"], $"a + (a * -2).exp().log1p() - {Number(Math.Log(2))}", "d.tanh()", 1, true),
        PoissonLoss => (["m = s.exp()"], "m - y * s", "(m - y)", 1, true),
        GammaLoss => (["r = y * s.neg().exp()"], "r + s", "(1 - r)", 1, true),
        TweedieLoss { Power: var p } =>
            ([$"a = y * (s * {Number(1 - p)}).exp()", $"b = (s * {Number(2 - p)}).exp()"], $"b * {Number(1 / (2 - p))} - a * {Number(1 / (1 - p))}", "(b - a)", 1, true),
        LogisticLoss => ([], "torch.binary_cross_entropy_with_logits(s, y, None, None, 0)", "(s.sigmoid() - y)", 1, true),
        HingeLoss => (["z = 1 - 2 * y", "m = 1 + z * s"], "m.clamp_min(0)", "(z * m.gt(0))", 1, true),
        // The target of the true class is 1 - smoothing + smoothing / classes, that of every other class smoothing / classes. 4: int64.
        SoftmaxCrossEntropy => (
            [
                "p = torch.log_softmax(s, 1)", $"spread = smoothing / {Number(outputs)}",
                "target = torch.full_like(p, spread).scatter_(1, y.to(4), 1.0 - smoothing + spread)",
            ],
            "target * p.neg()", "(p.exp() - target)", 1, false),
        _ => null,
    };

    private const string Error = "d = s - y";
}
