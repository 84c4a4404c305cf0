using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Updates the weights of one network during one run: the optimizer, its groups and their rates, over any memory.</summary>
internal abstract class GroupUpdater
{
    private readonly Moment[] now;
    private readonly BoundValues values;
    private readonly GradientClipping? clipping;
    private IGroupStore[] stores = [];
    private Func<double>? unclipped, clipped;

    private protected GroupUpdater(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout, GradientClipping? clipping)
    {
        this.clipping = clipping;
        values = new(plan);
        Groups = ResolvedGroup.Resolve(optimizer, groups, schedule, plan, layout);
        if (Groups.Count > 1 && Groups.FirstOrDefault(group => group.Optimizer.NeedsAllParameters) is { } alone)
            throw new ArgumentException($"{alone.Optimizer.GetType().Name} must have all parameters in one group but there are {Groups.Count} groups. Remove the groups or choose another optimizer.");
        now = new Moment[Groups.Count];
    }

    /// <summary>The names of the groups.</summary>
    public IReadOnlyList<string> GroupNames => [.. Groups.Select(group => group.Name)];

    /// <summary>A factor of every rate, on top of the schedules: what a metric-driven schedule has come to. Default 1.</summary>
    public double RateMultiplier { get; set => field = Require.NotNegative(value, "It is a factor of every rate."); } = 1;

    /// <summary>Whether the weights to validate and save are not the weights that are trained.</summary>
    public bool HasAverage => Groups.Any(group => group.Optimizer.HasAverage || group.Optimizer.Averaging is not null);

    /// <summary>Whether each worker reads its own slice of the gradient and nothing else of it.</summary>
    public bool ReadsSlices => clipping is null && Groups.All(group => group.Optimizer.IsElementwise);

    private protected IReadOnlyList<ResolvedGroup> Groups { get; }

    /// <summary>The rate of a group after <paramref name="step"/> completed steps.</summary>
    public double RateAt(int group, long step) => Groups[group].RateAt(step) * RateMultiplier;

    /// <summary>The rate of the parameters that are in no group: the optimizer's own. Where all are in groups, the largest of them.</summary>
    public double MainRateAt(long step)
    {
        double largest = 0;
        for (int i = 0; i < Groups.Count; i++)
        {
            if (Groups[i].IsUngrouped) return RateAt(i, step);
            largest = Math.Max(largest, RateAt(i, step));
        }
        return largest;
    }

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
            now[i] = new Moment(Groups[i].Optimizer, step, RateAt(i, step), Groups[i].PeakRate, values, closure);
            Groups[i].Optimizer.Begin(stores[i].Scalars, now[i]);
            Groups[i].Optimizer.Averaging?.Begin(stores[i].Scalars, now[i]);
        }
    }

    /// <summary>One worker's share of the update; the bits do not depend on the number of workers. Threads may call it at the same time.</summary>
    public virtual void Apply(int worker, int workers)
    {
        for (int i = 0; i < stores.Length; i++) stores[i].Step(Groups[i].Optimizer, now[i], worker, workers);
    }

    /// <summary>Puts the weights to validate, save and return in the place of those that are trained, where they differ.</summary>
    public void BeginEvaluation()
    {
        if (HasAverage) ExchangeAverage(show: true);
    }

    /// <summary>Puts the weights that are trained back.</summary>
    public void EndEvaluation()
    {
        if (HasAverage) ExchangeAverage(show: false);
    }

    /// <summary>The state, by name.</summary>
    public abstract IReadOnlyList<StateArray> State();

    /// <summary>Takes the state of a checkpoint.</summary>
    /// <param name="saved">All of it and nothing else, in any order.</param>
    /// <exception cref="InvalidDataException">A name is missing or unknown, or a shape differs. Nothing has been changed then.</exception>
    public abstract void RestoreState(IReadOnlyList<StateArray> saved);

    /// <summary>Puts the average in the place of the weights and keeps these, or puts them back.</summary>
    private protected abstract void ExchangeAverage(bool show);

    /// <summary>Makes the state of every group. To be called once, when the stores are made.</summary>
    private protected void Declare(IGroupStore[] made)
    {
        stores = made;
        for (int i = 0; i < stores.Length; i++) stores[i].Declare(Groups[i].Optimizer, new Moment(Groups[i].Optimizer, 0, 0, 0, values, null));
    }

    /// <summary>The live numbers of one group and of its layers.</summary>
    private protected void AddNumbers(List<StateArray> state, int group)
    {
        foreach ((string name, double[] array) in stores[group].Scalars.All)
            state.Add(StateArray.Of<double>($"group:{Groups[group].Name}/{name}", [array.Length], array));
        foreach (StoredLayer layer in stores[group].Layers)
            foreach ((string name, double[] array) in layer.Scalars.All)
                state.Add(StateArray.Of<double>($"{layer.Spec.Name}/{name}", [array.Length], array));
    }

    /// <summary>The live numbers of all groups.</summary>
    private protected List<StateArray> Numbers()
    {
        List<StateArray> state = [];
        for (int i = 0; i < stores.Length; i++) AddNumbers(state, i);
        return state;
    }

    private void Clip()
    {
        double all = 0;
        foreach (IGroupStore store in stores)
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
            foreach (IGroupStore store in stores) store.ScaleGradients(most / Math.Sqrt(all));
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
}
