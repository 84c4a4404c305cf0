using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>
/// One group on any device. Each step its rule is replayed on symbols, which adds to the program of all groups. A group is one lane:
/// parameters that do not lie together are copied together. Where somebody looks at layers, each is a lane. Matrices are worked on in
/// double on the CPU.
/// </summary>
internal sealed class ScriptedStore : Store<Symbol>, IGroupStore, IDisposable
{
    private const string Evaluation = "evaluation";

    private readonly ScriptedProgram program;
    private readonly Tensor like;
    private readonly Tensor? index;
    private readonly IReadOnlyList<ParameterSlot> parameters;
    private readonly (int Offset, int Count)[] ranges;
    private readonly ScriptedBuffer weights, gradients;
    private readonly SortedDictionary<string, ScriptedBuffer> slots = new(StringComparer.Ordinal);

    /// <summary>The group of <paramref name="parameters"/> in flat tensors.</summary>
    public ScriptedStore(ScriptedProgram program, Tensor weights, Tensor gradients, IReadOnlyList<ParameterSlot> parameters, bool byLayer)
        : base([new Run(0, byLayer ? parameters.Count : 1)], [.. parameters.Select((slot, i) => new StoredLayer(slot.Spec, byLayer ? new Run(i, i + 1) : default))])
    {
        this.program = program;
        this.parameters = parameters;
        bool together = parameters.Zip(parameters.Skip(1), (one, next) => one.PaddedEnd == next.Offset).All(touch => touch);
        if (byLayer || together)
        {
            ranges = byLayer ? [.. parameters.Select(slot => (slot.Offset, slot.Count))] : [(parameters[0].Offset, parameters[^1].PaddedEnd - parameters[0].Offset)];
            like = weights;
            Places = [.. parameters.Select(slot => slot.Offset)];
            this.weights = new(program.NextName(), ranges, weights);
            this.gradients = new(program.NextName(), ranges, gradients);
            return;
        }
        index = tensor([.. parameters.SelectMany(slot => Enumerable.Range(slot.Offset, slot.Count)).Select(place => (long)place)], device: weights.device).DetachFromDisposeScope();
        ranges = [(0, (int)index.numel())];
        this.weights = new(program.NextName(), weights, index);
        this.gradients = new(program.NextName(), gradients, index);
        like = this.weights.Flat;
        Places = new int[parameters.Count];
        for (int i = 1; i < Places.Length; i++) Places[i] = Places[i - 1] + parameters[i - 1].Count;
    }

    /// <summary>Where each parameter begins in a slot.</summary>
    public int[] Places { get; }

    /// <summary>The slots, by name, each as one flat tensor: of the whole buffer, or of the group alone where its parameters are scattered.</summary>
    public IEnumerable<(string Name, Tensor Flat)> Slots => slots.Where(pair => pair.Key != Evaluation).Select(pair => (pair.Key, pair.Value.Flat));

    public override Span<Symbol> Weights => Symbols(weights);

    public override Span<Symbol> Gradients => Symbols(gradients);

    public override double MachineEpsilon => 1.1920929E-07;

    private Parameters<Symbol> Whole => new(this, new(0, ranges.Length));

    public override Span<Symbol> Slot(string name, double initial)
    {
        if (!slots.TryGetValue(name, out ScriptedBuffer? slot)) slots[name] = slot = new(program.NextName(), ranges, First(initial));
        return Symbols(slot);
    }

    public void Step(Optimizer optimizer, Moment now, int worker, int workers) => program.Run(() =>
    {
        if (optimizer.Maximize && !optimizer.NeedsClosure) Whole.Apply(new Ascent<Symbol>(Gradients));
        optimizer.Step(Whole, now);
        optimizer.Averaging?.Observe(Whole, now, Scalars);
    });

    public void Declare(Optimizer optimizer, Moment now)
    {
        program.Run(() =>
        {
            Parameters<Symbol> nothing = new(this, default);
            optimizer.Begin(Scalars, now);
            optimizer.Averaging?.Begin(Scalars, now);
            optimizer.Step(nothing, now);
            optimizer.Averaging?.Observe(nothing, now, Scalars);
        });
        Scalars.Reset();
        foreach (StoredLayer layer in Layers) layer.Scalars.Reset();
    }

    public void Treat(GradientClipping how) => program.Run(() => GradientRules.Treat(Whole, how));

    public double GradientSquares()
    {
        double squares = 0;
        program.Run(() => squares = Whole.SumOfSquares(Gradients));
        return squares;
    }

    public void ScaleGradients(double factor) => program.Run(() => GradientRules.Scale(Whole, factor));

    /// <summary>The weights to evaluate, into a flat tensor.</summary>
    public void Average(Optimizer optimizer, Tensor destination)
    {
        program.Run(() =>
        {
            Span<Symbol> answer = Slot(Evaluation, 0);
            if (optimizer.Averaging is { } averaging && averaging.HasStarted(Scalars)) Whole.Copy(averaging.Of(Whole), answer);
            else if (optimizer.HasAverage) optimizer.Average(Whole, answer);
            else Whole.Copy(Weights, answer);
        });
        using DisposeScope scope = NewDisposeScope();
        if (index is not null) destination.index_copy_(0, index, slots[Evaluation].Flat);
        else foreach ((int offset, int count) in ranges) destination.narrow(0, offset, count).copy_(slots[Evaluation].Flat.narrow(0, offset, count));
    }

    public override void Settle() => program.Flush();

    public override double Total(ref LaneSums sums) => program.Total();

    public override void Read(ReadOnlySpan<Symbol> slot, StoredLayer layer, Span<double> into)
    {
        ScriptedBuffer buffer = Find(slot);
        program.Flush();
        using DisposeScope scope = NewDisposeScope();
        buffer.Lanes[layer.Run.From].to(ScalarType.Float64).cpu().data<double>().CopyTo(into);
    }

    public override void Write(ReadOnlySpan<double> values, StoredLayer layer, Span<Symbol> slot)
    {
        ScriptedBuffer buffer = Find(slot);
        program.Flush();
        using DisposeScope scope = NewDisposeScope();
        buffer.Lanes[layer.Run.From].copy_(tensor(values.ToArray(), ScalarType.Float64));
    }

    public void Dispose()
    {
        weights.Dispose();
        gradients.Dispose();
        foreach (ScriptedBuffer slot in slots.Values)
        {
            slot.Dispose();
            slot.Flat.Dispose();
        }
        index?.Dispose();
    }

    private Span<Symbol> Symbols(ScriptedBuffer buffer)
    {
        program.Use(buffer);
        return buffer.Symbols;
    }

    /// <summary>The first values of a slot. Padding stays zero: what starts there would move the weights' padding.</summary>
    private Tensor First(double initial)
    {
        Tensor flat = zeros_like(like).DetachFromDisposeScope();
        if (initial == 0) return flat;
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < Places.Length; i++) flat.narrow(0, Places[i], parameters[i].Count).fill_(initial);
        return flat;
    }

    private ScriptedBuffer Find(ReadOnlySpan<Symbol> slot)
    {
        foreach (ScriptedBuffer buffer in (IEnumerable<ScriptedBuffer>)[weights, gradients, .. slots.Values])
            if (Unsafe.AreSame(ref MemoryMarshal.GetReference(slot), ref MemoryMarshal.GetArrayDataReference(buffer.Symbols))) return buffer;
        throw new ArgumentException("The span must be a slot, the weights or the gradients but is none of them.", nameof(slot));
    }
}
