using Microsoft.ML.NeuralNetworks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>Any network and loss: forward in torch operations, backward by autograd.</summary>
/// <param name="forward">Over parameters that are trained by gradients.</param>
/// <param name="gradients">A flat tensor of the layout; the parameters' gradients are views of it.</param>
internal sealed class AutogradPass(Network network, Loss loss, DataTensors data, TorchForward forward, Tensor gradients) : TorchPass
{
    public override void Run(in BatchRows rows, double scale, bool accumulate, in StepSettings settings, Tensor lossSum)
    {
        using DisposeScope pass = NewDisposeScope();
        // The caller may have switched gradients off for its own use of libtorch.
        using IDisposable gradient = enable_grad();
        if (!accumulate) gradients.zero_();
        Tensor index = rows.Order.narrow(0, rows.First, rows.Count);
        Tensor outputs = forward.Train(data.Features.index_select(0, index), settings);
        Tensor labels = data.Labels.index_select(0, index);
        int members = network.Members;
        // Each member of an ensemble has a loss of its own; a row's loss is their mean.
        Tensor rowLosses = members == 1
            ? TorchLosses.PerRow(loss, outputs, labels, settings.LabelSmoothing)
            : TorchLosses.PerRow(loss, outputs.reshape(rows.Count * members, -1), labels.repeat_interleave(members, 0), settings.LabelSmoothing).view(rows.Count, members).mean([1]);
        Tensor weighted = data.Weights is null ? rowLosses : rowLosses * data.Weights.index_select(0, index);
        Tensor sum = weighted.sum();
        (sum * scale).backward();
        using IDisposable noGradient = no_grad();
        lossSum.add_(sum);
    }

    public override void Dispose()
    {
    }
}
