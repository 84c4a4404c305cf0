using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>
/// One group on any device. Each step the rule is replayed on symbols; its program is compiled once, and called with the numbers of the
/// step. A step whose numbers change the program (a warmup that ends) simply has another. A sum ends a program, runs it and reads the
/// number back; matrices are worked on in double on the CPU.
/// </summary>
internal sealed class ScriptedStore : Store<Symbol>, IGroupStore, IDisposable
{
    private readonly Tape tape = new();
    private readonly Tensor flatWeights;
    private readonly IReadOnlyList<ParameterSlot> parameters;
    private readonly (int Offset, int Count)[] ranges;
    private readonly Buffer weights, gradients;
    private readonly SortedDictionary<string, Buffer> slots = new(StringComparer.Ordinal);
    private readonly List<Buffer> used = [];
    private readonly List<(TapeNode[] Program, string Results, jit.CompilationUnit Unit)> compiled = [];

    /// <summary>The group of <paramref name="parameters"/> in flat tensors; neighbours are one lane unless the optimizer looks at layers.</summary>
    public ScriptedStore(Tensor weights, Tensor gradients, IReadOnlyList<ParameterSlot> parameters, bool byLayer)
        : this(weights, gradients, parameters, byLayer ? [.. parameters.Select(slot => (slot.Offset, slot.Count))] : Merged(parameters), byLayer)
    {
    }

    private ScriptedStore(Tensor weights, Tensor gradients, IReadOnlyList<ParameterSlot> parameters, (int Offset, int Count)[] ranges, bool byLayer)
        : base([new Run(0, ranges.Length)], [.. parameters.Select((slot, i) => new StoredLayer(slot.Spec, byLayer ? new Run(i, i + 1) : default))])
    {
        flatWeights = weights;
        this.parameters = parameters;
        this.ranges = ranges;
        this.weights = new("w", ranges, weights);
        this.gradients = new("g", ranges, gradients);
    }

    /// <summary>How many programs have been compiled.</summary>
    public int Programs => compiled.Count;

    /// <summary>The text of the last program that was compiled.</summary>
    public string LastScript { get; private set; } = "";

    /// <summary>The slots, by name, each as one flat tensor of the whole buffer.</summary>
    public IEnumerable<(string Name, Tensor Flat)> Slots => slots.Where(pair => pair.Key != Evaluation).Select(pair => (pair.Key, pair.Value.Flat));

    public override Span<Symbol> Weights => weights.Symbols;

    public override Span<Symbol> Gradients => gradients.Symbols;

    public override double MachineEpsilon => 1.1920929E-07;

    private const string Evaluation = "evaluation";

    private Parameters<Symbol> Whole => new(this, new(0, ranges.Length));

    public override Span<Symbol> Slot(string name, double initial)
    {
        if (!slots.TryGetValue(name, out Buffer? slot))
            slots[name] = slot = new($"s{slots.Count}", ranges, First(initial));
        if (!used.Contains(slot)) Begin(slot);
        return slot.Symbols;
    }

    public void Step(Optimizer optimizer, Moment now, int worker, int workers)
    {
        if (worker > 0) return;
        Run(() =>
        {
            if (optimizer.Maximize && !optimizer.NeedsClosure) Whole.Apply(new Ascent<Symbol>(Gradients));
            optimizer.Step(Whole, now);
            optimizer.Averaging?.Observe(Whole, now, Scalars);
        });
    }

    public void Declare(Optimizer optimizer, Moment now)
    {
        Run(() =>
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

    public void Treat(GradientClipping how) => Run(() => GradientRules.Treat(Whole, how));

    public double GradientSquares()
    {
        double squares = 0;
        Run(() => squares = Whole.SumOfSquares(Gradients));
        return squares;
    }

    public void ScaleGradients(double factor) => Run(() => GradientRules.Scale(Whole, factor));

    /// <summary>The weights to evaluate, into a flat tensor.</summary>
    public void Average(Optimizer optimizer, Tensor destination)
    {
        Run(() =>
        {
            Span<Symbol> answer = Slot(Evaluation, 0);
            if (optimizer.Averaging is { } averaging && averaging.HasStarted(Scalars)) Whole.Copy(averaging.Of(Whole), answer);
            else if (optimizer.HasAverage) optimizer.Average(Whole, answer);
            else Whole.Copy(Weights, answer);
        });
        using DisposeScope scope = NewDisposeScope();
        foreach ((int offset, int count) in ranges) destination.narrow(0, offset, count).copy_(slots[Evaluation].Flat.narrow(0, offset, count));
    }

    public override void Settle() => Flush();

    /// <summary>Ends the program with the sum that it was asked for, and reads it.</summary>
    public override double Total(ref LaneSums sums) => tape.Sums.Count == 0 ? 0 : Flush();

    public override void Read(ReadOnlySpan<Symbol> slot, StoredLayer layer, Span<double> into)
    {
        Buffer buffer = Find(slot);
        Flush();
        using DisposeScope scope = NewDisposeScope();
        buffer.Lanes[layer.Run.From].to(ScalarType.Float64).cpu().data<double>().CopyTo(into);
    }

    public override void Write(ReadOnlySpan<double> values, StoredLayer layer, Span<Symbol> slot)
    {
        Buffer buffer = Find(slot);
        Flush();
        using DisposeScope scope = NewDisposeScope();
        buffer.Lanes[layer.Run.From].copy_(tensor(values.ToArray(), ScalarType.Float64));
    }

    public void Dispose()
    {
        weights.DisposeLanes();
        gradients.DisposeLanes();
        foreach (Buffer slot in slots.Values)
        {
            slot.DisposeLanes();
            slot.Flat.Dispose();
        }
        foreach ((_, _, jit.CompilationUnit unit) in compiled) unit.Dispose();
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

    private void Run(Action record)
    {
        using IDisposable noGradient = no_grad();
        Tape.Current = tape;
        Begin();
        record();
        Flush();
    }

    private void Begin()
    {
        tape.Clear();
        used.Clear();
        Begin(weights);
        Begin(gradients);
    }

    private void Begin(Buffer buffer)
    {
        used.Add(buffer);
        for (int i = 0; i < buffer.Symbols.Length; i++) buffer.Inputs[i] = buffer.Symbols[i] = tape.Input($"{buffer.Name}_{i}");
    }

    /// <summary>Runs what has been recorded and begins anew, with the same buffers.</summary>
    private double Flush()
    {
        List<(string Target, int Node)> results = [];
        foreach (Buffer buffer in used)
            for (int i = 0; i < buffer.Symbols.Length; i++)
                if (buffer.Symbols[i].Node != buffer.Inputs[i].Node) results.Add(($"{buffer.Name}_{i}", buffer.Symbols[i].Node));
        double total = 0;
        if (results.Count > 0 || tape.Sums.Count > 0)
        {
            total = Invoke(Compile(results));
        }
        Buffer[] again = [.. used];
        tape.Clear();
        used.Clear();
        foreach (Buffer buffer in again) Begin(buffer);
        return total;
    }

    /// <summary>
    /// Calls a program. TorchSharp makes an object for each double it is given, and the collector may free it before the call has read it:
    /// the objects are made here and outlive the call.
    /// </summary>
    private double Invoke(jit.CompilationUnit unit)
    {
        Scalar[] numbers = [.. tape.Constants.Select(value => (Scalar)value)];
        object[] arguments = [.. used.SelectMany(buffer => buffer.Lanes), .. numbers];
        object? answer = unit.invoke("step", arguments);
        foreach (Scalar number in numbers) number.Dispose();
        if (answer is not Tensor total) return 0;
        using (total) return total.item<double>();
    }

    private jit.CompilationUnit Compile(List<(string Target, int Node)> results)
    {
        string key = string.Join(" ", results.Select(result => $"{result.Target}={result.Node}").Concat(tape.Sums.Select(node => $"+{node}")));
        foreach ((TapeNode[] program, string known, jit.CompilationUnit unit) in compiled)
            if (known == key && program.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan((List<TapeNode>)tape.Nodes))) return unit;
        LastScript = tape.Script("step", results);
        jit.CompilationUnit made = jit.compile(LastScript);
        compiled.Add(([.. tape.Nodes], key, made));
        return made;
    }

    private Buffer Find(ReadOnlySpan<Symbol> slot)
    {
        foreach (Buffer buffer in used)
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

    /// <summary>A flat tensor, its parts that are lanes, and the symbols that stand for them in the present program.</summary>
    private sealed class Buffer
    {
        public Buffer(string name, (int Offset, int Count)[] ranges, Tensor flat)
        {
            Name = name;
            Flat = flat;
            Lanes = [.. ranges.Select(range => flat.narrow(0, range.Offset, range.Count).DetachFromDisposeScope())];
            Symbols = new Symbol[ranges.Length];
            Inputs = new Symbol[ranges.Length];
        }

        public string Name { get; }

        public Tensor Flat { get; }

        public Tensor[] Lanes { get; }

        public Symbol[] Symbols { get; }

        public Symbol[] Inputs { get; }

        public void DisposeLanes()
        {
            foreach (Tensor lane in Lanes) lane.Dispose();
        }
    }
}
