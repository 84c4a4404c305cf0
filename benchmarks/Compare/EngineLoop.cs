using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Training;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>An engine, an optimizer and an order of rows, and nothing around them.</summary>
internal sealed class EngineLoop : Contestant
{
    private readonly Engine engine;
    private readonly GroupUpdater updater;
    private readonly BatchOrder order;
    private readonly Action<int, int> update;
    private readonly int batchSize, batches;
    private long step;

    public EngineLoop(string name, Engine engine, Workload workload) : base(name)
    {
        this.engine = engine;
        TrainingData data = engine.Data;
        batchSize = workload.Batch;
        batches = (data.Rows + batchSize - 1) / batchSize;
        var plan = new TrainingPlan(data.Rows, batchSize, 1_000_000);
        updater = engine.MakeUpdater(workload.Optimizer, [], null, plan);
        order = new BatchOrder(data.Rows, 1, shuffle: true, BatchOrder.BlockRows(data.Rows, data.Columns, batchSize));
        update = updater.Apply;
        var random = new Random(2);
        foreach (var slot in engine.Network.Layout)
            if (slot.Spec.Shape.Length == 2)
                foreach (ref float w in slot.In(engine.Weights.Span)) w = (random.NextSingle() * 2 - 1) / MathF.Sqrt(slot.Spec.Shape[0]);
    }

    public double LastLoss { get; private set; }

    public override void Steps(int count)
    {
        for (; count > 0; count--, step++)
        {
            int index = (int)(step % batches);
            if (index == 0)
            {
                order.StartEpoch((int)(step / batches));
                if (engine.KeepsOrder) engine.UseOrder(order.Rows);
            }
            ReadOnlySpan<int> rows = order.Batch(index, batchSize);
            LastLoss = engine.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(step, DeferSum: updater.ReadsSlices));
            updater.BeginStep(step);
            engine.Share(engine.Network.Layout.Length, update);
        }
        if (!double.IsFinite(LastLoss)) throw new InvalidOperationException($"{Name} diverged.");
    }

    public override void Dispose() => engine.Dispose();
}
