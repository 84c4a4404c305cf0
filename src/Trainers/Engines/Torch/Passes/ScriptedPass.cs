using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Engines.Scripted;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>
/// Forward, loss and a backward pass that is written down, as one TorchScript call over tensors that exist before it: no graph, and
/// next to nothing to do on the host. Its operations are those that autograd would call.
/// </summary>
internal sealed class ScriptedPass : TorchPass
{
    private readonly jit.CompilationUnit unit;
    private readonly PassArguments arguments;
    private readonly DataTensors data;
    private readonly Loss loss;
    private readonly ulong seed;
    private Scalar scale = 1.0, smoothing = 0.0;
    private double scaleNow = 1, smoothingNow;

    /// <param name="weights">A flat tensor of the layout.</param>
    /// <param name="gradients">Likewise.</param>
    /// <param name="shared">Whether these are .NET memory.</param>
    public ScriptedPass(Network network, Loss loss, DataTensors data, ulong seed, Tensor weights, Tensor gradients, torch.Device device, bool shared)
    {
        (this.loss, this.data, this.seed) = (loss, data, seed);
        PassScript script = ScriptedLayers.Write(network, loss, data.Weights is not null);
        arguments = new PassArguments(script, network.Layout, weights, gradients, device, shared);
        unit = CompiledScripts.Of(script.Text(data.Weights is not null));
    }

    /// <summary>Why a network needs autograd; null where a script does.</summary>
    public static string? WhyNot(Network network, bool bf16) =>
        bf16 ? "Products rounded to bf16 have no script." : ScriptedLayers.WhyNot(network.Layers);

    public override void Run(in BatchRows rows, double scale, bool accumulate, in StepSettings settings, Tensor lossSum)
    {
        object[] all = arguments.For(rows.Count, data.Weights is null ? 8 : 9);
        arguments.DrawMasks(rows.Count, seed, settings);
        double smoothing = settings.LabelSmoothing ?? (loss as SoftmaxCrossEntropy)?.Smoothing ?? 0;
        Remember(ref this.scale, ref scaleNow, scale);
        Remember(ref this.smoothing, ref smoothingNow, smoothing);
        (all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7]) = (data.Features, data.Labels, rows.Order, lossSum, rows.First, rows.Count, this.scale, this.smoothing);
        if (data.Weights is { } weights) all[8] = weights;
        unit.invoke(accumulate ? PassScript.Add : PassScript.Set, all);
    }

    public override void Dispose()
    {
        arguments.Dispose();
        scale.Dispose();
        smoothing.Dispose();
    }

    /// <summary>
    /// A number for a script is an object in native memory. It must outlive the call, and TorchSharp would make one for each call: this one is
    /// kept until the number changes.
    /// </summary>
    private static void Remember(ref Scalar held, ref double now, double value)
    {
        if (value == now) return;
        held.Dispose();
        (held, now) = (value, value);
    }
}
