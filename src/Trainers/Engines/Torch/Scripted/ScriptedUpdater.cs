using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>
/// The updater of weights that live on another device: the same rules, which write themselves down as TorchScript. On the CPU
/// <see cref="ParameterUpdater"/> is two to three times as fast.
/// </summary>
internal sealed class ScriptedUpdater : GroupUpdater, IDisposable
{
    private readonly Tensor weights;
    private readonly ScriptedProgram program = new();
    private readonly ScriptedStore[] stores;
    private Tensor? trained;

    /// <param name="weights">A flat tensor of the layout, on any device; steps change it in place.</param>
    /// <param name="gradients">A flat tensor of the layout on the same device.</param>
    public ScriptedUpdater(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout,
        Tensor weights, Tensor gradients, GradientClipping? clipping = null)
        : base(optimizer, groups, schedule, plan, layout, clipping)
    {
        if (weights.numel() != layout.Length || gradients.numel() != layout.Length)
            throw new ArgumentException($"Weights and gradients must have the layout's {layout.Length} values but have {weights.numel()} and {gradients.numel()}.");
        this.weights = weights;
        stores = [.. Groups.Select(group => new ScriptedStore(program, weights, gradients, group.Parameters, !group.Optimizer.IsElementwise || clipping is not null))];
        Declare(stores);
    }

    /// <summary>The programs that have been compiled so far.</summary>
    public int Programs => program.Count;

    /// <summary>How often a program has been called.</summary>
    public long Calls => program.Calls;

    /// <summary>The text of the last program that was compiled.</summary>
    public string LastScript => program.LastScript;

    /// <summary>The rules of all groups make one program.</summary>
    public override void Apply(int worker, int workers)
    {
        if (worker == 0) program.Run(() => base.Apply(0, 1));
    }

    /// <summary>The weights to validate, save and return, into a flat tensor of the layout.</summary>
    public void EvaluationWeights(Tensor destination)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        destination.copy_(weights);
        for (int i = 0; i < stores.Length; i++) stores[i].Average(Groups[i].Optimizer, destination);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<StateArray> State()
    {
        List<StateArray> state = [];
        for (int i = 0; i < stores.Length; i++)
        {
            foreach ((string name, Tensor flat) in stores[i].Slots)
            {
                using DisposeScope scope = NewDisposeScope();
                float[] values = [.. flat.cpu().data<float>()];
                foreach ((ParameterSlot slot, int place) in Groups[i].Parameters.Zip(stores[i].Places))
                    state.Add(StateArray.Of($"{slot.Spec.Name}/{name}", slot.Spec.Shape, values.AsMemory(place, slot.Count)));
            }
            AddNumbers(state, i);
        }
        return state;
    }

    /// <inheritdoc/>
    public override void RestoreState(IReadOnlyList<StateArray> saved)
    {
        IReadOnlyDictionary<string, StateArray> byName = StateArray.Match(State(), saved);
        foreach (StateArray array in Numbers()) array.CopyFrom(byName[array.Name]);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < stores.Length; i++)
            foreach ((string name, Tensor flat) in stores[i].Slots)
                foreach ((ParameterSlot slot, int place) in Groups[i].Parameters.Zip(stores[i].Places))
                    flat.narrow(0, place, slot.Count).copy_(tensor(byName[$"{slot.Spec.Name}/{name}"].Floats!.Value.ToArray()));
    }

    public void Dispose()
    {
        foreach (ScriptedStore store in stores) store.Dispose();
        trained?.Dispose();
    }

    private protected override void ExchangeAverage(bool show)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        if (!show)
        {
            weights.copy_(trained!);
            return;
        }
        trained ??= empty_like(weights).DetachFromDisposeScope();
        Tensor average = empty_like(weights);
        EvaluationWeights(average);
        trained.copy_(weights);
        weights.copy_(average);
    }
}
