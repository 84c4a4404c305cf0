using System.Runtime.InteropServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Scripted;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// Forward and backward by libtorch's autograd. On the CPU every parameter and its gradient is a torch view of flat .NET memory,
/// so the optimizer works on the same bytes without a copy. On another device everything that a step needs is there: rows, their order,
/// weights, gradients, the optimizer's state and the sum of the losses.
/// </summary>
internal sealed class TorchEngine : Engine
{
    private readonly torch.Device device;
    private readonly Tensor hostWeights, hostGradients, weights, gradients;
    private readonly Dictionary<string, Tensor> parameters = new(StringComparer.Ordinal);
    private readonly TorchForward forward;
    private readonly Dictionary<TrainingData, DataTensors> tensorsOf = new(ReferenceEqualityComparer.Instance);
    private readonly Tensor lossSum;
    private readonly List<ScriptedUpdater> updaters = [];
    private readonly bool shared;
    private readonly TorchState? state;
    private ReadOnlyMemory<int> order;
    private Tensor? orderOnDevice;

    /// <param name="threads">libtorch's threads while this engine lives, on the thread that made it; null: libtorch's own choice.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="say">Told of the loading of libtorch, if this is the first use of it.</param>
    /// <param name="mirrored">Whether weights and gradients have memory of their own even on the CPU, as on any other device: for tests.</param>
    public TorchEngine(Network network, Loss loss, TrainingData data, ulong seed, Device device, int? threads = null,
        MatrixPrecision precision = MatrixPrecision.Single, Action<string>? say = null, bool mirrored = false)
        : base(network, loss, data)
    {
        Libtorch.EnsureLoaded(say);
        this.device = device.ToTorch();
        Weights = AlignedMemory.Allocate<float>(network.Layout.Length);
        Gradients = AlignedMemory.Allocate<float>(network.Layout.Length);
        using DisposeScope construction = NewDisposeScope();
        hostWeights = Share(Weights).DetachFromDisposeScope();
        hostGradients = Share(Gradients).DetachFromDisposeScope();
        shared = device == Device.Cpu && !mirrored;
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
        forward = new TorchForward(network, parameters, seed, precision == MatrixPrecision.BFloat16);
        tensorsOf.Add(data, new DataTensors(data, this.device));
        lossSum = zeros(1, ScalarType.Float64, this.device).DetachFromDisposeScope();
        // Last: nothing can fail any more that would leave it set.
        bool tf32 = precision == MatrixPrecision.TensorFloat32;
        if (threads is not null || tf32) state = TorchState.Enter(threads, tf32: tf32);
    }

    public override Memory<float> Weights { get; }

    public override Memory<float> Gradients { get; }

    public override bool DefersLoss => !shared;

    public override double LossSum
    {
        get => lossSum.item<double>();
        set
        {
            using IDisposable noGradient = no_grad();
            using Scalar number = value;
            lossSum.fill_(number);
        }
    }

    public override double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings)
    {
        using DisposeScope pass = NewDisposeScope();
        // The caller may have switched gradients off for its own use of libtorch.
        using IDisposable gradient = enable_grad();
        if (!accumulate) using (gradients.zero_()) { }
        DataTensors data = tensorsOf[Data];
        Tensor index = IndexOf(rows);
        Tensor outputs = forward.Train(data.Features.index_select(0, index), settings);
        Tensor labels = data.Labels.index_select(0, index);
        int members = Network.Members;
        // Each member of an ensemble has a loss of its own; a row's loss is their mean.
        Tensor rowLosses = members == 1
            ? TorchLosses.PerRow(settings.Loss ?? Loss, outputs, labels)
            : TorchLosses.PerRow(settings.Loss ?? Loss, outputs.reshape(rows.Length * members, -1), labels.repeat_interleave(members, 0)).view(rows.Length, members).mean([1]);
        Tensor weighted = data.Weights is null ? rowLosses : rowLosses * data.Weights.index_select(0, index);
        Tensor sum = weighted.sum(), loss = sum * scale;
        loss.backward();
        if (!settings.DeferLoss || shared) return loss.item<float>();
        using IDisposable noGradient = no_grad();
        lossSum.add_(sum);
        return 0;
    }

    public override GroupUpdater MakeUpdater(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, GradientClipping? clipping = null)
    {
        if (shared) return base.MakeUpdater(optimizer, groups, schedule, plan, clipping);
        var updater = new ScriptedUpdater(optimizer, groups, schedule, plan, Network.Layout, weights, gradients, clipping);
        updaters.Add(updater);
        return updater;
    }

    public override void Fetch()
    {
        if (shared) return;
        using IDisposable noGradient = no_grad();
        using DisposeScope copies = NewDisposeScope();
        hostWeights.copy_(weights);
        hostGradients.copy_(gradients);
    }

    public override void Send()
    {
        if (shared) return;
        using IDisposable noGradient = no_grad();
        using DisposeScope copies = NewDisposeScope();
        weights.copy_(hostWeights);
    }

    public override double GradientNorm()
    {
        if (shared) return base.GradientNorm();
        using IDisposable noGradient = no_grad();
        using DisposeScope sum = NewDisposeScope();
        return Math.Sqrt(gradients.square().sum(ScalarType.Float64).item<double>());
    }

    public override void UseOrder(ReadOnlyMemory<int> order)
    {
        if (shared) return;
        this.order = order;
        using DisposeScope copy = NewDisposeScope();
        orderOnDevice?.Dispose();
        orderOnDevice = Numbers(order.Span).DetachFromDisposeScope();
    }

    public override void Predict(TrainingData data, int first, int count, Span<float> outputs)
    {
        using DisposeScope pass = NewDisposeScope();
        using IDisposable noGradient = no_grad();
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
        state?.Dispose();
        foreach (ScriptedUpdater updater in updaters) updater.Dispose();
        forward.Dispose();
        foreach (Tensor parameter in parameters.Values) parameter.Dispose();
        foreach (DataTensors tensors in tensorsOf.Values) tensors.Dispose();
        orderOnDevice?.Dispose();
        foreach (Tensor tensor in (Tensor[])[weights, gradients, hostWeights, hostGradients, lossSum]) tensor.Dispose();
    }

    /// <summary>A slice of the epoch's order is already on the device.</summary>
    private Tensor IndexOf(ReadOnlySpan<int> rows) =>
        orderOnDevice is { } known && order.Span.Overlaps(rows, out int place) && place >= 0 && place + rows.Length <= order.Length
            ? known.narrow(0, place, rows.Length)
            : Numbers(rows);

    private Tensor Numbers(ReadOnlySpan<int> rows) => tensor(rows.ToArray(), ScalarType.Int32, device);

    private static Tensor View(Tensor flat, ParameterSlot slot) =>
        flat.narrow(0, slot.Offset, slot.Count).view([.. slot.Spec.Shape.Select(dimension => (long)dimension)]);

    /// <summary>A tensor over an array's memory, without a copy. The tensor keeps the array pinned and alive.</summary>
    internal static Tensor Share(Memory<float> memory)
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
