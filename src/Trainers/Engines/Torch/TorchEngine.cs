using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// Forward and backward by libtorch's autograd. On the CPU every parameter and its gradient is a torch view of flat .NET memory,
/// so the optimizer works on the same bytes without a copy. On another device weights travel there before a pass and gradients back
/// after it; rows stay there.
/// </summary>
internal sealed class TorchEngine : Engine
{
    private readonly torch.Device device;
    private readonly Tensor hostWeights, hostGradients, weights, gradients;
    private readonly Dictionary<string, Tensor> parameters = new(StringComparer.Ordinal);
    private readonly TorchForward forward;
    private readonly Dictionary<TrainingData, DataTensors> tensorsOf = new(ReferenceEqualityComparer.Instance);

    /// <param name="mirrored">Whether weights and gradients are copied even on the CPU, as on any other device: for tests.</param>
    public TorchEngine(Network network, Loss loss, TrainingData data, ulong seed, Device device, bool mirrored = false)
        : base(network, loss, data)
    {
        Libtorch.EnsureLoaded();
        this.device = device.ToTorch();
        Weights = AlignedMemory.Allocate<float>(network.Layout.Length);
        Gradients = AlignedMemory.Allocate<float>(network.Layout.Length);
        using DisposeScope construction = NewDisposeScope();
        hostWeights = Share(Weights).DetachFromDisposeScope();
        hostGradients = Share(Gradients).DetachFromDisposeScope();
        bool shared = device == Device.Cpu && !mirrored;
        weights = shared ? hostWeights : hostWeights.to(this.device, copy: true).DetachFromDisposeScope();
        gradients = shared ? hostGradients : hostGradients.to(this.device, copy: true).DetachFromDisposeScope();
        foreach (ParameterSlot slot in network.Layout)
        {
            Tensor parameter = View(weights, slot);
            if (slot.Spec.IsTrainable)
            {
                parameter.requires_grad_(true);
                parameter.grad = View(gradients, slot);
            }
            parameters.Add(slot.Spec.Name, parameter.DetachFromDisposeScope());
        }
        forward = new TorchForward(network, parameters, seed);
        tensorsOf.Add(data, new DataTensors(data, this.device));
    }

    public override Memory<float> Weights { get; }

    public override Memory<float> Gradients { get; }

    public override double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings)
    {
        using DisposeScope pass = NewDisposeScope();
        // The caller may have switched gradients off for its own use of libtorch.
        using IDisposable gradient = enable_grad();
        SendWeights();
        if (!accumulate) using (gradients.zero_()) { }
        DataTensors data = tensorsOf[Data];
        using Tensor index = tensor(rows.ToArray(), ScalarType.Int64, device);
        Tensor outputs = forward.Train(data.Features.index_select(0, index), settings);
        Tensor rowLosses = TorchLosses.PerRow(settings.Loss ?? Loss, outputs, data.Labels.index_select(0, index));
        Tensor weighted = data.Weights is null ? rowLosses : rowLosses * data.Weights.index_select(0, index);
        Tensor loss = weighted.sum() * scale;
        loss.backward();
        if (gradients.Handle != hostGradients.Handle)
        {
            hostGradients.copy_(gradients);
            // Running statistics have moved on the device.
            int first = Network.Layout.TrainableLength, count = Network.Layout.Length - first;
            if (count > 0) hostWeights.narrow(0, first, count).copy_(weights.narrow(0, first, count));
        }
        return loss.item<float>();
    }

    public override void Predict(TrainingData data, int first, int count, Span<float> outputs)
    {
        using DisposeScope pass = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        SendWeights();
        if (!tensorsOf.TryGetValue(data, out DataTensors? tensors))
        {
            tensors = new DataTensors(data, device);
            tensorsOf.Add(data, tensors);
        }
        Tensor result = forward.Evaluate(tensors.Features.narrow(0, first, count));
        result.cpu().data<float>().CopyTo(outputs);
    }

    public override void Dispose()
    {
        foreach (Tensor parameter in parameters.Values) parameter.Dispose();
        foreach (DataTensors tensors in tensorsOf.Values) tensors.Dispose();
        foreach (Tensor tensor in (Tensor[])[weights, gradients, hostWeights, hostGradients]) tensor.Dispose();
    }

    private void SendWeights()
    {
        if (weights.Handle == hostWeights.Handle) return;
        using IDisposable noGradient = no_grad();
        weights.copy_(hostWeights);
    }

    private static Tensor View(Tensor flat, ParameterSlot slot) =>
        flat.narrow(0, slot.Offset, slot.Count).view([.. slot.Spec.Shape.Select(dimension => (long)dimension)]);

    /// <summary>A tensor over .NET memory, without a copy. The tensor keeps the array pinned and alive.</summary>
    private static Tensor Share(Memory<float> memory)
    {
        if (!MemoryMarshal.TryGetArray((ReadOnlyMemory<float>)memory, out ArraySegment<float> segment))
            throw new InvalidOperationException("The buffer must be an array's memory but was not.");
        return frombuffer(segment.Array!, ScalarType.Float32, segment.Count, segment.Offset);
    }

    private sealed class DataTensors : IDisposable
    {
        public DataTensors(TrainingData data, torch.Device device)
        {
            using DisposeScope construction = NewDisposeScope();
            Features = Share(data.Features).view(data.Rows, data.Columns).to(device).DetachFromDisposeScope();
            Labels = Share(data.Labels).view(data.Rows, data.LabelColumns).to(device).DetachFromDisposeScope();
            Weights = data.Weights.IsEmpty ? null : Share(data.Weights).to(device).DetachFromDisposeScope();
        }

        public Tensor Features { get; }

        public Tensor Labels { get; }

        public Tensor? Weights { get; }

        public void Dispose()
        {
            Features.Dispose();
            Labels.Dispose();
            Weights?.Dispose();
        }
    }
}
