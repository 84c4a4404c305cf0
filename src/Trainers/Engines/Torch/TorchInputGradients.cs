using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>Gradients by the inputs of networks with a module of the user's own, by autograd.</summary>
internal sealed class TorchInputGradients : InputGradients
{
    private readonly Network network;
    private readonly Tensor flat;
    private readonly Dictionary<string, Tensor> parameters = new(StringComparer.Ordinal);
    private readonly TorchForward forward;

    public TorchInputGradients(Network network, ReadOnlySpan<float> weights)
    {
        Libtorch.EnsureLoaded();
        this.network = network;
        Memory<float> copy = AlignedMemory.Allocate<float>(network.Layout.Length);
        weights.CopyTo(copy.Span);
        using DisposeScope construction = NewDisposeScope();
        flat = TorchEngine.Share(copy).DetachFromDisposeScope();
        foreach (ParameterSlot slot in network.Layout)
            parameters.Add(slot.Spec.Name, flat.narrow(0, slot.Offset, slot.Count).view([.. slot.Spec.Shape.Select(dimension => (long)dimension)]).DetachFromDisposeScope());
        forward = new TorchForward(network, parameters, seed: 0);
    }

    public override void Outputs(ReadOnlySpan<float> rows, int count, Span<float> outputs)
    {
        using DisposeScope pass = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        forward.Evaluate(tensor(rows.ToArray(), count, network.Inputs)).contiguous().data<float>().CopyTo(outputs);
    }

    public override void Backward(ReadOnlySpan<float> rows, int count, ReadOnlySpan<float> slopes, Span<float> gradients)
    {
        using DisposeScope pass = NewDisposeScope();
        using IDisposable gradient = enable_grad();
        Tensor x = tensor(rows.ToArray(), count, network.Inputs).requires_grad_(true);
        (forward.Evaluate(x) * tensor(slopes.ToArray(), count, network.Outputs)).sum().backward();
        // Inputs that the module never uses have no gradient.
        if (x.grad is { } found) found.contiguous().data<float>().CopyTo(gradients);
        else gradients.Clear();
    }

    public override void Dispose()
    {
        forward.Dispose();
        foreach (Tensor parameter in parameters.Values) parameter.Dispose();
        flat.Dispose();
    }
}
