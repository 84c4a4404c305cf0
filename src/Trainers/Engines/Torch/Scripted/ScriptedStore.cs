using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>
/// One group on any device. Each step its rule is replayed on symbols, which adds to the program of all groups. Matrices are worked on in
/// double on the CPU.
/// </summary>
internal sealed class ScriptedStore : Store<Symbol>, IGroupStore, IDisposable
{
    private const string Evaluation = "evaluation";

    private readonly ScriptedProgram program;
    private readonly Tensor flatWeights;
    private readonly IReadOnlyList<ParameterSlot> parameters;
    private readonly (int Offset, int Count)[] ranges;
    private readonly ScriptedBuffer weights, gradients;
    private readonly SortedDictionary<string, ScriptedBuffer> slots = new(StringComparer.Ordinal);

    /// <summary>The group of <paramref name="parameters"/> in flat tensors; neighbours are one lane unless somebody looks at layers.</summary>
    public ScriptedStore(ScriptedProgram program, Tensor weights, Tensor gradients, IReadOnlyList<ParameterSlot> parameters, bool byLayer)
        : this(program, weights, gradients, parameters, byLayer ? [.. parameters.Select(slot => (slot.Offset, slot.Count))] : Merged(parameters), byLayer)
    {
    }

    private ScriptedStore(
        ScriptedProgram program, Tensor weights, Tensor gradients, IReadOnlyList<ParameterSlot> parameters, (int Offset, int Count)[] ranges, bool byLayer)
        : base([new Run(0, ranges.Length)], [.. parameters.Select((slot, i) => new StoredLayer(slot.Spec, byLayer ? new Run(i, i + 1) : default))])
    {
        this.program = program;
        flatWeights = weights;
        this.parameters = parameters;
        this.ranges = ranges;
        this.weights = new(program.NextName(), ranges, weights);
        this.gradients = new(program.NextName(), ranges, gradients);
    }

    /// <summary>The slots, by name, each as one flat tensor of the whole buffer.</summary>
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
        foreach ((int offset, int count) in ranges) destination.narrow(0, offset, count).copy_(slots[Evaluation].Flat.narrow(0, offset, count));
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
    }

    private Span<Symbol> Symbols(ScriptedBuffer buffer)
    {
        program.Use(buffer);
        return buffer.Symbols;
    }

    /// <summary>The first values of a slot. Padding stays zero: what starts there would move the weights' padding.</summary>
    private Tensor First(double initial)
    {
        Tensor flat = zeros_like(flatWeights).DetachFromDisposeScope();
        if (initial == 0) return flat;
        using DisposeScope scope = NewDisposeScope();
        foreach (ParameterSlot parameter in parameters) flat.narrow(0, parameter.Offset, parameter.Count).fill_(initial);
        return flat;
    }

    private ScriptedBuffer Find(ReadOnlySpan<Symbol> slot)
    {
        foreach (ScriptedBuffer buffer in (IEnumerable<ScriptedBuffer>)[weights, gradients, .. slots.Values])
            if (Unsafe.AreSame(ref MemoryMarshal.GetReference(slot), ref MemoryMarshal.GetArrayDataReference(buffer.Symbols))) return buffer;
        throw new ArgumentException("The span must be a slot, the weights or the gradients but is none of them.", nameof(slot));
    }

    private static (int Offset, int Count)[] Merged(IReadOnlyList<ParameterSlot> parameters)
    {
        List<(int Offset, int Count)> ranges = [];
        foreach (ParameterSlot slot in parameters)
        {
            int length = slot.PaddedEnd - slot.Offset;
            if (ranges.Count > 0 && ranges[^1].Offset + ranges[^1].Count == slot.Offset) ranges[^1] = (ranges[^1].Offset, ranges[^1].Count + length);
            else ranges.Add((slot.Offset, length));
        }
        return [.. ranges];
    }
}
