using System.Runtime.InteropServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Passes;
using Microsoft.ML.Trainers.Torch.Engines.Scripted;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// Forward and backward by libtorch: one script per pass for the networks that have one, autograd for the rest. On the CPU the weights and
/// gradients are torch views of flat .NET memory, so the optimizer works on the same bytes without a copy. On another device everything
/// that a step needs is there: rows, their order, weights, gradients, the optimizer's state and the sum of the losses.
/// </summary>
internal sealed class TorchEngine : Engine
{
    private readonly torch.Device device;
    private readonly Tensor hostWeights, hostGradients, weights, gradients;
    private readonly Dictionary<string, Tensor> parameters = new(StringComparer.Ordinal);
    private readonly TorchForward forward;
    private readonly TorchPass pass;
    private readonly Dictionary<TrainingData, DataTensors> tensorsOf = new(ReferenceEqualityComparer.Instance);
    private readonly double[] hostLoss = GC.AllocateArray<double>(1, pinned: true);
    private readonly Tensor lossSum, passLoss;
    private readonly List<ScriptedUpdater> updaters = [];
    private readonly bool shared;
    private readonly TorchState? state;
    private ReadOnlyMemory<int> order;
    private Tensor? orderOnDevice;

    /// <param name="threads">libtorch's threads while this engine lives, on the thread that made it; null: libtorch's own choice.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="say">Told of the loading of libtorch, if this is the first use of it.</param>
    /// <param name="mirrored">Whether weights and gradients have memory of their own even on the CPU, as on any other device: for tests.</param>
    /// <param name="autograd">Whether autograd derives the backward pass even where there is a script for it: for tests and benchmarks.</param>
    public TorchEngine(Network network, Loss loss, TrainingData data, ulong seed, Device device, int? threads = null,
        MatrixPrecision precision = MatrixPrecision.Single, Action<string>? say = null, bool mirrored = false, bool autograd = false)
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
        bool bf16 = precision == MatrixPrecision.BFloat16;
        WhyAutograd = autograd ? "It was asked for." : ScriptedPass.WhyNot(network, bf16);
        say?.Invoke(WhyAutograd is null ? "Gradients: one script per pass." : $"Gradients: autograd. {WhyAutograd}");
        foreach (ParameterSlot slot in network.Layout)
        {
            Tensor parameter = View(weights, slot);
            if (WhyAutograd is not null && slot.Spec.IsTrainable)
            {
                parameter.requires_grad_(true);
                parameter.grad = View(gradients, slot);
            }
            parameters.Add(slot.Spec.Name, parameter.DetachFromDisposeScope());
        }
        forward = new TorchForward(network, parameters, seed, bf16);
        DataTensors rows = new(data, this.device);
        tensorsOf.Add(data, rows);
        pass = WhyAutograd is null
            ? new ScriptedPass(network, loss, rows, seed, weights, gradients, this.device, shared)
            : new AutogradPass(network, loss, rows, forward, gradients);
        lossSum = zeros(1, ScalarType.Float64, this.device).DetachFromDisposeScope();
        passLoss = shared ? frombuffer(hostLoss, ScalarType.Float64, 1).DetachFromDisposeScope() : zeros_like(lossSum).DetachFromDisposeScope();
        // Last: nothing can fail any more that would leave it set.
        bool tf32 = precision == MatrixPrecision.TensorFloat32;
        if (threads is not null || tf32) state = TorchState.Enter(threads, tf32: tf32);
    }

    public override Memory<float> Weights { get; }

    public override Memory<float> Gradients { get; }

    /// <summary>Why autograd derives the backward pass; null where a script has it.</summary>
    public string? WhyAutograd { get; }

    public override bool DefersLoss => !shared;

    public override double LossSum
    {
        get => shared ? base.LossSum : lossSum.item<double>();
        set
        {
            if (shared)
            {
                base.LossSum = value;
                return;
            }
            using IDisposable noGradient = no_grad();
            using Scalar number = value;
            lossSum.fill_(number);
        }
    }

    public override double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings)
    {
        using Tensor? numbers = Overlaps(rows, out int first) ? null : Numbers(rows);
        var batch = new BatchRows(numbers ?? orderOnDevice!, first, rows.Length);
        if (settings.DeferLoss && !shared)
        {
            pass.Run(batch, scale, accumulate, settings, lossSum);
            return 0;
        }
        if (shared) hostLoss[0] = 0;
        else using (passLoss.zero_()) { }
        pass.Run(batch, scale, accumulate, settings, passLoss);
        return scale * (shared ? hostLoss[0] : passLoss.item<double>());
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

    public override bool KeepsOrder => true;

    public override void UseOrder(ReadOnlyMemory<int> order)
    {
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
        pass.Dispose();
        forward.Dispose();
        foreach (Tensor parameter in parameters.Values) parameter.Dispose();
        foreach (DataTensors tensors in tensorsOf.Values) tensors.Dispose();
        orderOnDevice?.Dispose();
        foreach (Tensor tensor in (Tensor[])[weights, gradients, hostWeights, hostGradients, lossSum, passLoss]) tensor.Dispose();
    }

    /// <summary>A slice of the epoch's order is already on the device; it begins at <paramref name="first"/>.</summary>
    private bool Overlaps(ReadOnlySpan<int> rows, out int first)
    {
        if (orderOnDevice is not null && order.Span.Overlaps(rows, out first) && first >= 0 && first + rows.Length <= order.Length) return true;
        first = 0;
        return false;
    }

    private Tensor Numbers(ReadOnlySpan<int> rows) => tensor(rows.ToArray(), ScalarType.Int32, device);

    /// <summary>A parameter's part of a flat tensor, in its shape.</summary>
    internal static Tensor View(Tensor flat, ParameterSlot slot) =>
        flat.narrow(0, slot.Offset, slot.Count).view([.. slot.Spec.Shape.Select(dimension => (long)dimension)]);

    /// <summary>A tensor over an array's memory, without a copy. The tensor keeps the array pinned and alive.</summary>
    internal static Tensor Share(Memory<float> memory)
    {
        if (!MemoryMarshal.TryGetArray((ReadOnlyMemory<float>)memory, out ArraySegment<float> segment))
            throw new InvalidOperationException("The buffer must be an array's memory but was not.");
        return frombuffer(segment.Array!, ScalarType.Float32, segment.Count, segment.Offset);
    }
}
