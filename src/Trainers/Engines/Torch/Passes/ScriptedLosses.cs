using static Microsoft.ML.Trainers.Torch.Engines.Passes.PassScript;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>
/// Losses as text: the loss of each output s with label y, where d = s - y, and its derivative by s. Outputs are few, so the script may
/// make tensors here. The definitions are <see cref="Loss.Evaluate"/>'s.
/// </summary>
internal static class ScriptedLosses
{
    /// <summary>Writes the loss of the batch, and its derivative by the outputs, which it returns.</summary>
    /// <param name="script">Where to.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="s">The network's outputs.</param>
    /// <param name="members">Members of an ensemble: each has a loss of its own, and a row's loss is their mean.</param>
    /// <param name="weighted">Whether rows have weights.</param>
    public static PassRows Write(PassScript script, Loss loss, PassRows s, int members, bool weighted)
    {
        int outputs = s.Columns / members;
        (string[] lines, string value, string slope, double factor, bool mean) = Of(script, loss, outputs);
        string each = members > 1 ? $".repeat_interleave({members}, 0)" : "";
        PassRows g = script.Buffer(s.Columns);
        script.Line(members > 1 ? $"s = {s}.reshape(-1, {outputs})" : $"s = {s}");
        script.Line($"y = labels.index_select(0, index){each}");
        foreach (string line in lines) script.Line(line);
        double part = 1.0 / members / (mean ? outputs : 1);
        string scale = $"scale * {Number(factor * part)}", target = members > 1 ? $"{g}.view(-1, {outputs})" : g.Name;
        if (weighted)
        {
            script.Line($"w = weights.index_select(0, index).unsqueeze(1){each}");
            script.Line($"torch.mul({slope}, w * ({scale}), out={target})");
            script.Line($"loss.add_(torch.sum(({value}) * w), alpha={Number(part)})");
        }
        else
        {
            script.Line($"torch.mul({slope}, {scale}, out={target})");
            script.Line($"loss.add_(torch.sum({value}), alpha={Number(part)})");
        }
        return g;
    }

    // Lines before, the loss, the derivative without a factor, the factor, and whether a row's loss is the mean over its outputs or their sum.
    private static (string[] Lines, string Value, string Slope, double Factor, bool Mean) Of(PassScript script, Loss loss, int outputs) => loss switch
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
        QuantileLoss quantile => ([$"q = {script.Constant(quantile.Quantiles)}", "e = y - s"], "torch.maximum(q * e, (q - 1) * e)", $"(e.lt(0).to({Floats}) - q)", 1, true),
        // With p the probability of the true class: by ln p, -(1 - p)^gamma + gamma (1 - p)^(gamma - 1) p ln p.
        FocalLoss focal when outputs == 1 => (["z = 2 * y - 1", "l = torch.softplus(z * s.neg()).neg()", .. Focal(focal.Gamma)], "power * l.neg()", "z * miss * slope", 1, true),
        FocalLoss focal => (
            [$"c = y.to({Integers})", "p = torch.log_softmax(s, 1)", "l = p.gather(1, c)", .. Focal(focal.Gamma)],
            "power * l.neg()", "slope * (torch.zeros_like(p).scatter_(1, c, 1.0) - p.exp())", 1, false),
        // The target of the true class is 1 - smoothing + smoothing / classes, that of every other class smoothing / classes.
        SoftmaxCrossEntropy => (
            [
                "p = torch.log_softmax(s, 1)", $"spread = smoothing / {Number(outputs)}",
                $"target = torch.full_like(p, spread).scatter_(1, y.to({Integers}), 1.0 - smoothing + spread)",
            ],
            "target * p.neg()", "(p.exp() - target)", 1, false),
        _ => throw new NotSupportedException($"A scripted pass must know the loss but was given {loss.GetType().Name}."),
    };

    // l is the logarithm of the true class's probability. Where that is 1 the second term is 0.
    private static string[] Focal(double gamma) =>
    [
        "miss = l.expm1().neg()", $"power = miss.pow({Number(gamma)})",
        $"slope = torch.where(miss.gt(0), power / miss * l.exp() * l * {Number(gamma)}, torch.zeros_like(l)) - power",
    ];

    private const string Error = "d = s - y";
}
