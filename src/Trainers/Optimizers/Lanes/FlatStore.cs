using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>The flat buffers of one network: weights, gradients and, under a name, state of the same layout.</summary>
internal sealed class FlatBuffers<TElement>(ParameterLayout layout, Memory<TElement> weights, Memory<TElement> gradients)
    where TElement : unmanaged
{
    private readonly Dictionary<string, Memory<TElement>> slots = new(StringComparer.Ordinal);

    public ParameterLayout Layout => layout;

    public Memory<TElement> Weights => weights;

    public Memory<TElement> Gradients => gradients;

    /// <summary>The slot of that name, shared by the groups, each of which owns its own part of it.</summary>
    public Memory<TElement> Slot(string name)
    {
        if (!slots.TryGetValue(name, out Memory<TElement> slot)) slots[name] = slot = AlignedMemory.Allocate<TElement>(layout.Length);
        return slot;
    }
}

/// <summary>One group over flat buffers, whose type says only what the numbers are; the lane is chosen by hardware.</summary>
internal interface IFlatStore<TElement> : IGroupStore where TElement : unmanaged
{
    /// <summary>The slots in use, by name.</summary>
    IReadOnlyDictionary<string, Memory<TElement>> Slots { get; }

    /// <summary>The weights to evaluate and save.</summary>
    void Average(Optimizer optimizer, Span<TElement> destination);
}

/// <summary>One group over flat buffers, through lanes of type <typeparamref name="T"/>.</summary>
internal sealed class FlatStore<TElement, T> : Store<T>, IFlatStore<TElement>
    where TElement : unmanaged, IFloatingPointIeee754<TElement>
    where T : struct, ILane<T>
{
    private readonly FlatBuffers<TElement> buffers;
    private readonly Dictionary<string, Memory<TElement>> slots = new(StringComparer.Ordinal);

    /// <summary>The group of the parameters <paramref name="parameters"/>, which are in the order of the layout.</summary>
    public FlatStore(FlatBuffers<TElement> buffers, IReadOnlyList<ParameterSlot> parameters)
        : base(RunsOf(parameters), [.. parameters.Select(slot => new StoredLayer(slot.Spec, RunOf(slot)))]) =>
        this.buffers = buffers;

    /// <summary>Numbers in a lane.</summary>
    private static int Width => Unsafe.SizeOf<T>() / Unsafe.SizeOf<TElement>();

    private Parameters<T> Whole => new(this, new(0, buffers.Layout.Length / Width));

    public IReadOnlyDictionary<string, Memory<TElement>> Slots => slots;

    public override Span<T> Weights => Lanes(buffers.Weights.Span);

    public override Span<T> Gradients => Lanes(buffers.Gradients.Span);

    public override Span<T> Slot(string name, double initial)
    {
        if (!slots.TryGetValue(name, out Memory<TElement> slot)) slot = Declare(name, initial);
        return Lanes(slot.Span);
    }

    public override double MachineEpsilon => double.CreateTruncating(TElement.BitIncrement(TElement.One) - TElement.One);

    public override void Read(ReadOnlySpan<T> slot, StoredLayer layer, Span<double> into)
    {
        ReadOnlySpan<TElement> numbers = Numbers(slot, layer);
        for (int i = 0; i < into.Length; i++) into[i] = double.CreateTruncating(numbers[i]);
    }

    public override void Write(ReadOnlySpan<double> values, StoredLayer layer, Span<T> slot)
    {
        Span<TElement> numbers = Numbers(slot, layer);
        for (int i = 0; i < values.Length; i++) numbers[i] = TElement.CreateTruncating(values[i]);
    }

    public void Step(Optimizer optimizer, Moment now, int worker, int workers)
    {
        Run window = new(0, buffers.Layout.Length / Width);
        if (workers > 1)
        {
            if (optimizer.IsElementwise)
            {
                (int start, int end) = buffers.Layout.Share(worker, workers);
                window = new(start / Width, end / Width);
            }
            else if (worker > 0) return;
        }
        Parameters<T> parameters = new(this, window, othersRead: workers > 1);
        if (optimizer.Maximize) parameters.Apply(new Ascent<T>(parameters.Gradients));
        optimizer.Step(parameters, now);
        optimizer.Averaging?.Observe(parameters, now, Scalars);
        if (Denormals.AreDue(now)) ClearDenormals(parameters);
    }

    public void Treat(GradientClipping how) => GradientRules.Treat(Whole, how);

    public double GradientSquares() => Whole.SumOfSquares(Gradients);

    public void ScaleGradients(double factor) => GradientRules.Scale(Whole, factor);

    public void Declare(Optimizer optimizer, Moment now)
    {
        Parameters<T> nothing = new(this, default);
        optimizer.Begin(Scalars, now);
        optimizer.Averaging?.Begin(Scalars, now);
        optimizer.Step(nothing, now);
        optimizer.Averaging?.Observe(nothing, now, Scalars);
        Scalars.Reset();
        foreach (StoredLayer layer in Layers) layer.Scalars.Reset();
    }

    public void Average(Optimizer optimizer, Span<TElement> destination)
    {
        Parameters<T> all = Whole;
        Span<T> lanes = Lanes(destination);
        if (optimizer.Averaging is { } averaging && averaging.HasStarted(Scalars)) all.Copy(averaging.Of(all), lanes);
        else if (optimizer.HasAverage) optimizer.Average(all, lanes);
        else all.Copy(Weights, lanes);
    }

    private void ClearDenormals(Parameters<T> p)
    {
        double smallestNormal = double.CreateTruncating(TElement.Epsilon) / MachineEpsilon;
        Denormals.Clear(p, smallestNormal);
        foreach ((string _, Memory<TElement> slot) in slots) Denormals.Clear(p, Lanes(slot.Span), smallestNormal);
    }

    private Memory<TElement> Declare(string name, double initial)
    {
        Memory<TElement> slot = slots[name] = buffers.Slot(name);
        // Padding stays zero: what starts there would move the weights' padding.
        if (initial != 0)
            foreach (StoredLayer layer in Layers) slot.Span.Slice(layer.Run.From * Width, layer.Spec.Count).Fill(TElement.CreateTruncating(initial));
        return slot;
    }

    private static Span<T> Lanes(Span<TElement> numbers) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<TElement, T>(ref MemoryMarshal.GetReference(numbers)), numbers.Length / Width);

    private static Span<TElement> Numbers(ReadOnlySpan<T> slot, StoredLayer layer) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<T, TElement>(ref MemoryMarshal.GetReference(slot)), slot.Length * Width)
            .Slice(layer.Run.From * Width, layer.Spec.Count);

    private static Run RunOf(ParameterSlot slot) => new(slot.Offset / Width, slot.PaddedEnd / Width);

    /// <summary>Neighbouring parameters make one run.</summary>
    private static Run[] RunsOf(IReadOnlyList<ParameterSlot> parameters)
    {
        List<Run> runs = [];
        foreach (ParameterSlot slot in parameters)
        {
            Run run = RunOf(slot);
            if (runs.Count > 0 && runs[^1].To == run.From) runs[^1] = new(runs[^1].From, run.To);
            else runs.Add(run);
        }
        return [.. runs];
    }
}
