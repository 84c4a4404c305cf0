using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Updates the weights of one network during one run: the optimizer, its groups, their rates and their state over flat buffers.
/// No step allocates managed memory.
/// </summary>
internal abstract class Updater<TElement> where TElement : unmanaged
{
    private readonly FlatBuffers<TElement> buffers;
    private readonly IReadOnlyList<ResolvedGroup> groups;
    private readonly IFlatStore<TElement>[] stores;
    private readonly Moment[] now;
    private readonly BoundValues values;
    private readonly GradientClipping? clipping;
    private Func<double>? unclipped, clipped;

    private protected Updater(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout,
        Memory<TElement> weights, Memory<TElement> gradients, GradientClipping? clipping)
    {
        this.clipping = clipping;
        if (weights.Length != layout.Length || gradients.Length != layout.Length)
            throw new ArgumentException($"Weights and gradients must have the layout's {layout.Length} values but have {weights.Length} and {gradients.Length}.");
        buffers = new(layout, weights, gradients);
        values = new(plan);
        this.groups = ResolvedGroup.Resolve(optimizer, groups, schedule, plan, layout);
        if (this.groups.Count > 1 && this.groups.FirstOrDefault(group => group.Optimizer.NeedsAllParameters) is { } alone)
            throw new ArgumentException($"{alone.Optimizer.GetType().Name} must have all parameters in one group but there are {this.groups.Count} groups. Remove the groups or choose another optimizer.");
        stores = [.. this.groups.Select(group => MakeStore(buffers, group.Parameters))];
        now = new Moment[stores.Length];
        for (int i = 0; i < stores.Length; i++) stores[i].Declare(this.groups[i].Optimizer, new Moment(this.groups[i].Optimizer, 0, 0, 0, values, null));
    }

    /// <summary>The names of the groups.</summary>
    public IReadOnlyList<string> GroupNames => [.. groups.Select(group => group.Name)];

    /// <summary>A factor of every rate, on top of the schedules: what a metric-driven schedule has come to. Default 1.</summary>
    public double RateMultiplier { get; set => field = Require.NotNegative(value, "It is a factor of every rate."); } = 1;

    /// <summary>Whether the weights to validate and save are not the weights that are trained.</summary>
    public bool HasAverage => groups.Any(group => group.Optimizer.HasAverage || group.Optimizer.Averaging is not null);

    /// <summary>The rate of a group after <paramref name="step"/> completed steps.</summary>
    public double RateAt(int group, long step) => groups[group].RateAt(step) * RateMultiplier;

    /// <summary>One update of all groups.</summary>
    /// <param name="step">Completed steps: 0 for the first update.</param>
    /// <param name="closure">Computes loss and gradients at the current weights, for optimizers that evaluate more than once.</param>
    /// <exception cref="InvalidOperationException">The optimizer needs a closure and there is none.</exception>
    public void Step(long step, Func<double>? closure = null)
    {
        BeginStep(step, closure);
        Apply(0, 1);
    }

    /// <summary>What is done once per step; then each worker calls <see cref="Apply"/>.</summary>
    public void BeginStep(long step, Func<double>? closure = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (clipping is not null)
        {
            Clip();
            closure = Clipping(closure);
        }
        for (int i = 0; i < stores.Length; i++)
        {
            now[i] = new Moment(groups[i].Optimizer, step, RateAt(i, step), groups[i].PeakRate, values, closure);
            groups[i].Optimizer.Begin(stores[i].Scalars, now[i]);
            groups[i].Optimizer.Averaging?.Begin(stores[i].Scalars, now[i]);
        }
    }

    /// <summary>One worker's share of the update; the bits do not depend on the number of workers. Threads may call it at the same time.</summary>
    public void Apply(int worker, int workers)
    {
        for (int i = 0; i < stores.Length; i++) stores[i].Step(groups[i].Optimizer, now[i], worker, workers);
    }

    /// <summary>The weights to validate, save and return: an average where there is one, else the weights.</summary>
    /// <param name="destination">A buffer of the layout.</param>
    public void EvaluationWeights(Span<TElement> destination)
    {
        if (destination.Length != buffers.Layout.Length)
            throw new ArgumentException($"The destination must have the layout's {buffers.Layout.Length} values but has {destination.Length}.", nameof(destination));
        // Buffers belong to no group: they are as they are.
        buffers.Weights.Span.CopyTo(destination);
        for (int i = 0; i < stores.Length; i++) stores[i].Average(groups[i].Optimizer, destination);
    }

    /// <summary>The live state: reading it saves, writing it restores.</summary>
    public IReadOnlyList<StateArray> State()
    {
        List<StateArray> state = [];
        for (int i = 0; i < stores.Length; i++)
        {
            foreach ((string name, Memory<TElement> slot) in stores[i].Slots.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                foreach (ParameterSlot parameter in groups[i].Parameters)
                    state.Add(StateArray.Of($"{parameter.Spec.Name}/{name}", parameter.Spec.Shape, slot.Slice(parameter.Offset, parameter.Count)));
            foreach ((string name, double[] array) in stores[i].Scalars.All)
                state.Add(StateArray.Of<double>($"group:{groups[i].Name}/{name}", [array.Length], array));
            foreach (StoredLayer layer in stores[i].Layers)
                foreach ((string name, double[] array) in layer.Scalars.All)
                    state.Add(StateArray.Of<double>($"{layer.Spec.Name}/{name}", [array.Length], array));
        }
        return state;
    }

    /// <summary>Takes the state of a checkpoint.</summary>
    /// <param name="saved">All of it and nothing else, in any order.</param>
    /// <exception cref="InvalidDataException">A name is missing or unknown, or a shape differs. Nothing has been changed then.</exception>
    public void RestoreState(IReadOnlyList<StateArray> saved)
    {
        IReadOnlyList<StateArray> state = State();
        Dictionary<string, StateArray> byName = saved.ToDictionary(array => array.Name, StringComparer.Ordinal);
        if (state.FirstOrDefault(array => !byName.ContainsKey(array.Name)) is { } missing)
            throw new InvalidDataException($"The checkpoint must hold the optimizer state '{missing.Name}' but does not. Resume with the optimizer and groups that were saved.");
        HashSet<string> names = [.. state.Select(array => array.Name)];
        if (saved.FirstOrDefault(array => !names.Contains(array.Name)) is { } unknown)
            throw new InvalidDataException($"The checkpoint holds the optimizer state '{unknown.Name}', which this optimizer does not have. Resume with the optimizer and groups that were saved.");
        foreach (StateArray array in state) array.RequireLike(byName[array.Name]);
        foreach (StateArray array in state) array.CopyFrom(byName[array.Name]);
    }

    private void Clip()
    {
        double all = 0;
        foreach (IFlatStore<TElement> store in stores)
        {
            store.Treat(clipping!);
            double squares = clipping!.Norm is null && clipping.GroupNorm is null ? 0 : store.GradientSquares();
            if (clipping.GroupNorm is { } limit && Math.Sqrt(squares) > limit)
            {
                store.ScaleGradients(limit / Math.Sqrt(squares));
                squares = limit * limit;
            }
            all += squares;
        }
        if (clipping!.Norm is { } most && Math.Sqrt(all) > most)
            foreach (IFlatStore<TElement> store in stores) store.ScaleGradients(most / Math.Sqrt(all));
    }

    /// <summary>Made once per closure: a step allocates nothing.</summary>
    private Func<double>? Clipping(Func<double>? closure)
    {
        if (closure is null || closure == unclipped) return closure is null ? null : clipped;
        unclipped = closure;
        return clipped = MakeClipped(closure);
    }

    private Func<double> MakeClipped(Func<double> closure) => () =>
    {
        double loss = closure();
        Clip();
        return loss;
    };

    private protected abstract IFlatStore<TElement> MakeStore(FlatBuffers<TElement> buffers, IReadOnlyList<ParameterSlot> parameters);
}
