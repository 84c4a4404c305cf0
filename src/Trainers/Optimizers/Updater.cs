using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>An updater over flat .NET buffers. No step of an elementwise optimizer allocates managed memory.</summary>
internal abstract class Updater<TElement> : GroupUpdater where TElement : unmanaged
{
    private readonly FlatBuffers<TElement> buffers;
    private readonly IFlatStore<TElement>[] stores;
    private TElement[] trained = [];

    private protected Updater(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout,
        Memory<TElement> weights, Memory<TElement> gradients, GradientClipping? clipping)
        : base(optimizer, groups, schedule, plan, layout, clipping)
    {
        if (weights.Length != layout.Length || gradients.Length != layout.Length)
            throw new ArgumentException($"Weights and gradients must have the layout's {layout.Length} values but have {weights.Length} and {gradients.Length}.");
        buffers = new(layout, weights, gradients);
        stores = [.. Groups.Select(group => MakeStore(buffers, group.Parameters))];
        Declare([.. stores]);
    }

    /// <summary>The weights to validate, save and return: an average where there is one, else the weights.</summary>
    /// <param name="destination">A buffer of the layout, not that of the weights.</param>
    public void EvaluationWeights(Span<TElement> destination)
    {
        if (destination.Length != buffers.Layout.Length)
            throw new ArgumentException($"The destination must have the layout's {buffers.Layout.Length} values but has {destination.Length}.", nameof(destination));
        // An average is computed from the weights as it is written.
        if (buffers.Weights.Span.Overlaps(destination)) throw new ArgumentException("The destination must not be the buffer of the weights but is.", nameof(destination));
        // Buffers belong to no group: they are as they are.
        buffers.Weights.Span.CopyTo(destination);
        for (int i = 0; i < stores.Length; i++) stores[i].Average(Groups[i].Optimizer, destination);
    }

    /// <summary>The live state: reading it saves, writing it restores.</summary>
    public override IReadOnlyList<StateArray> State()
    {
        List<StateArray> state = [];
        for (int i = 0; i < stores.Length; i++)
        {
            foreach ((string name, Memory<TElement> slot) in stores[i].Slots.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                foreach (ParameterSlot parameter in Groups[i].Parameters)
                    state.Add(StateArray.Of($"{parameter.Spec.Name}/{name}", parameter.Spec.Shape, slot.Slice(parameter.Offset, parameter.Count)));
            AddNumbers(state, i);
        }
        return state;
    }

    /// <inheritdoc/>
    public override void RestoreState(IReadOnlyList<StateArray> saved)
    {
        IReadOnlyList<StateArray> state = State();
        IReadOnlyDictionary<string, StateArray> byName = StateArray.Match(state, saved);
        foreach (StateArray array in state) array.CopyFrom(byName[array.Name]);
    }

    private protected override void ExchangeAverage(bool show)
    {
        Span<TElement> weights = buffers.Weights.Span;
        if (trained.Length == 0) trained = new TElement[weights.Length];
        if (show)
        {
            EvaluationWeights(trained);
            for (int i = 0; i < weights.Length; i++) (weights[i], trained[i]) = (trained[i], weights[i]);
        }
        else
        {
            trained.CopyTo(weights);
        }
    }

    private protected abstract IFlatStore<TElement> MakeStore(FlatBuffers<TElement> buffers, IReadOnlyList<ParameterSlot> parameters);
}
