using System.Diagnostics;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// Forward and backward in managed vector code, without allocation once the buffers have grown; without libtorch but for <see cref="LargeProducts"/>. A batch is cut
/// into as many parts as its work pays for; each part has its own buffers and its own gradient, and the gradients are added in the
/// order of the parts: for a given number of threads the same bits, whatever the timing. Of two parts the faster thread does some rows of the other's,
/// for the same bits (<see cref="Handover"/>).
/// </summary>
internal sealed unsafe class CpuEngine : Engine
{
    // Rough costs on one core, only to decide how many threads to use: a multiply-add forward and its two backward, a row's visit,
    // and the smallest share that is worth a thread.
    private const double NanosecondsPerWeight = 0.06;
    private const double NanosecondsPerRow = 6;
    private const double NanosecondsPerShare = 12_000;
    private const int RowsPerUnit = 8;
    private const int ParallelLength = 4096;

    // Where cores share no cache, handing 20,000 numbers from one to the other costs some 20 us. Up to this many, a thread rather does itself what takes 3:
    // it updates the weights if it computed the step alone, and packs them for itself.
    private const int LengthWorthHandingOver = 1 << 16;

    private readonly WorkerPool pool;
    private readonly AlignedBuffer weights = new(), gradients = new();
    private readonly LinearPass? linear;
    private readonly int biasOffset;
    private readonly NetworkPass[] passes;
    private readonly LocatedRows? located;
    private readonly PackedWeights[] packed;
    private readonly bool wholeBatch;
    private readonly ulong seed;
    private readonly PartGradients partGradients;
    private readonly double[] partLosses;
    private readonly Balance? balance;
    private readonly Handover front;
    private readonly Action<int, int> pack, pass, add, predict, addAndWork;
    private Action<int, int> work = static (_, _) => { };
    private Call call;
    private TrainingData predicted;
    private int partsOfPass;
    private bool sumIsDue;

    /// <param name="threads">Threads of one step; 0: as many as there are cores.</param>
    /// <param name="say">Told which products are libtorch's, and why.</param>
    /// <param name="largeByLibtorch">Whether those of large layers are; null: where that is faster.</param>
    /// <param name="balance">How two threads share a batch; null: by their speeds.</param>
    public CpuEngine(
        Network network, Loss loss, TrainingData data, ulong seed = 0, int threads = 0, Action<string>? say = null, bool? largeByLibtorch = null, Balance? balance = null)
        : base(network, loss, data)
    {
        if (WhyNot(network) is { } reason) throw new NotSupportedException(reason);
        weights.Reserve(network.Layout.Length);
        gradients.Reserve(network.Layout.Length);
        predicted = data;
        this.seed = seed;
        pool = new WorkerPool(threads > 0 ? threads : Environment.ProcessorCount);
        if (network.Layers is [Dense { Outputs: 1 }] && data.LabelColumns == 1)
        {
            linear = LinearPass.For(loss, data);
            biasOffset = network.Layout[1].Offset;
        }
        located = data.Rows > 0 ? LocatedRows.For(network, data.Rows) : null;
        packed = new PackedWeights[network.Layout.Length < LengthWorthHandingOver ? pool.Threads : 1];
        bool byLibtorch = largeByLibtorch ?? LargeProducts.ByLibtorch(network, say);
        for (int i = 0; i < packed.Length; i++) packed[i] = new PackedWeights(network, located, byLibtorch);
        wholeBatch = network.Layers.Any(LayerPasses.NeedsWholeBatch);
        passes = new NetworkPass[pool.Threads];
        partGradients = new PartGradients(network.Layout, gradients, pool.Threads, sends: network.Layout.Length < LengthWorthHandingOver);
        partLosses = new double[pool.Threads * 8];
        for (int i = 0; i < passes.Length; i++) passes[i] = new NetworkPass(network, packed[i % packed.Length]);
        // libtorch's sums are divided as it likes.
        if (linear is null && network.Layers.All(LayerPasses.AddsRowByRow) && !(byLibtorch && network.Layers.Any(LargeProducts.Has))) this.balance = balance ?? new Balance();
        front = new Handover(network.Members);
        (pack, pass, add, predict, addAndWork) = (Pack, Pass, Add, Predict, AddAndWork);
    }

    public override Memory<float> Weights => weights.Memory;

    public override Memory<float> Gradients => gradients.Memory;

    /// <summary>Why this engine cannot run the network, or null if it can.</summary>
    public static string? WhyNot(Network network) =>
        network.Layers.FirstOrDefault(layer => !LayerPasses.Knows(layer)) is { } unknown
            ? $"The CPU engine does not know the layer {unknown.GetType().Name} '{unknown.Name}'."
            : null;

    public override double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings)
    {
        Sum();
        int parts = Parts(rows.Length, training: true);
        if (parts > 1) partGradients.Reserve(parts);
        DivideBySpeed(rows.Length, parts);
        fixed (int* numbers = rows)
        {
            call = new Call((nint)numbers, rows.Length, scale, accumulate, settings.Step, settings.FirstRow, (float)settings.DropoutScale, settings.LabelSmoothing, Training: true);
            located?.Check(Weights.Span);
            if (linear is null && packed.Length == 1) pool.Run(parts, pack);
            pool.Run(parts, pass);
        }
        partsOfPass = parts;
        sumIsDue = parts > 1;
        if (!settings.DeferSum) Sum();
        double sum = 0;
        for (int part = 0; part < parts; part++) sum += partLosses[part * 8];
        return sum;
    }

    public override void Predict(TrainingData data, int first, int count, Span<float> outputs)
    {
        if (outputs.Length < (long)count * Network.Outputs)
            throw new ArgumentException($"outputs must hold {count} x {Network.Outputs} numbers but had {outputs.Length}.", nameof(outputs));
        Sum();
        int parts = Parts(count, training: false);
        fixed (float* to = outputs)
        {
            call = new Call((nint)to, count, 0, Accumulate: false, first, 0, 0, null, Training: false);
            predicted = data;
            if (packed.Length == 1) pool.Run(parts, pack);
            pool.Run(parts, predict);
        }
    }

    /// <summary>Lets other work of the step, such as the optimizer's, use the same threads: work(part, parts).</summary>
    public override void Share(int length, Action<int, int> work)
    {
        int parts = length >= (partsOfPass > 1 ? ParallelLength : LengthWorthHandingOver) ? pool.Threads : 1;
        if (sumIsDue && parts == Slices(partsOfPass))
        {
            this.work = work;
            pool.Run(parts, addAndWork);
            sumIsDue = false;
            return;
        }
        Sum();
        pool.Run(parts, work);
    }

    public override void Dispose()
    {
        pool.Dispose();
        foreach (NetworkPass pass in passes) pass.Dispose();
    }

    private int Parts(int rows, bool training)
    {
        if (training && wholeBatch) return 1;
        double cost = rows * (NanosecondsPerRow + Network.Layout.Length * NanosecondsPerWeight) * (training ? 1 : 0.3);
        int byCost = (int)Math.Min(cost / NanosecondsPerShare, pool.Threads);
        return Math.Max(1, Math.Min(byCost, (rows + RowsPerUnit - 1) / RowsPerUnit));
    }

    /// <summary>The first row of a part: whole tiles, so that no part has a ragged edge but the last.</summary>
    private static int Start(int rows, int part, int parts)
    {
        int units = (rows + RowsPerUnit - 1) / RowsPerUnit;
        return (int)Math.Min(rows, (long)units * part / parts * RowsPerUnit);
    }

    /// <summary>One share of what all parts read.</summary>
    private void Pack(int part, int parts) => packed[0].Pack(Weights.Span, call.Training, part, parts);

    /// <summary>What this part alone reads.</summary>
    private void PackOwn(int part)
    {
        if (packed.Length > 1) packed[part].Pack(Weights.Span, call.Training, part: 0, parts: 1);
    }

    /// <summary>Which rows the faster of two threads does of the other's part.</summary>
    private void DivideBySpeed(int rows, int parts)
    {
        bool divides = parts == 2 && balance is not null;
        int given = divides ? balance!.RowsForTheFaster(rows, RowsPerUnit) : 0;
        front.Offer(given > 0 ? 1 : 0, Math.Abs(given), divides ? Network.Layout.Length : 0);
    }

    private void Pass(int part, int parts)
    {
        int first = Start(call.Count, part, parts), count = Start(call.Count, part + 1, parts) - first;
        AlignedBuffer gradient = parts == 1 ? gradients : partGradients[part];
        bool accumulate = parts == 1 && call.Accumulate;
        if (linear is { } single)
        {
            partLosses[part * 8] = call.Scale * single.ForwardBackward(
                (int*)call.Pointer + first, count, weights.Pointer, weights.Pointer[biasOffset], (float)call.Scale, gradient.Pointer, gradient.Pointer + biasOffset, accumulate);
        }
        else
        {
            long start = parts == 2 ? Stopwatch.GetTimestamp() : 0;
            PackOwn(part);
            Handover? received = front.Rows > 0 && front.Part == part ? front : null;
            int given = received is null ? GiveFront(part, parts, gradient) : 0, own = count - (received?.Rows ?? 0);
            if (!ForwardBackward(part, first + count - own, own, gradient, accumulate, received)) ForwardBackward(part, first, count, gradient, accumulate);
            else if (parts == 2) balance?.Record(part, given + own, Stopwatch.GetTimestamp() - start - (received?.Waited ?? 0));
            partLosses[part * 8] = call.Scale / Network.Members * passes[part].Losses.Sum();
        }
        if (parts > 1) partGradients.Send(part, Slices(parts));
    }

    /// <summary>The first rows of the other part, if this one's thread is to do them and the other one has not yet.</summary>
    private int GiveFront(int part, int parts, AlignedBuffer gradient)
    {
        if (front.Rows == 0 || !front.TryTake()) return 0;
        try
        {
            ForwardBackward(part, Start(call.Count, front.Part, parts), front.Rows, gradient, accumulate: false);
        }
        finally
        {
            // Also after a failure, which ends the step: the other thread waits.
            front.Give(gradient, passes[part].Losses);
        }
        return front.Rows;
    }

    private bool ForwardBackward(int part, int first, int count, AlignedBuffer gradient, bool accumulate, Handover? received = null)
    {
        int* rows = (int*)call.Pointer + first;
        var context = new PassContext(weights, gradient, count, (nint)rows, call.FirstRow + first, accumulate, call.Step, seed, call.DropoutScale, Training: true);
        return passes[part].ForwardBackward(Loss, call.LabelSmoothing, Data, rows, context, call.Scale, received);
    }

    /// <summary>Slices that the parts' gradients are added up in.</summary>
    private int Slices(int parts) => Network.Layout.Length >= ParallelLength ? parts : 1;

    /// <summary>The sum of the parts' gradients, if it was deferred.</summary>
    private void Sum()
    {
        if (sumIsDue) pool.Run(Slices(partsOfPass), add);
        sumIsDue = false;
    }

    private void AddAndWork(int slice, int slices)
    {
        Add(slice, slices);
        work(slice, slices);
    }

    private void Add(int slice, int slices) => partGradients.Add(slice, slices, partsOfPass, call.Accumulate);

    private void Predict(int part, int parts)
    {
        int first = Start(call.Count, part, parts), count = Start(call.Count, part + 1, parts) - first;
        PackOwn(part);
        var context = new PassContext(weights, null, count, Numbers: 0, 0, Accumulate: false, Step: 0, seed, DropoutScale: 0, Training: false);
        passes[part].Predict(predicted, (int)call.Step + first, context, new Span<float>((float*)call.Pointer + (nint)first * Network.Outputs, count * Network.Outputs));
    }

    /// <summary>What the parts of a pass share. Pointer and Step: row numbers and the step, or the outputs and the first row.</summary>
    private readonly record struct Call(
        nint Pointer, int Count, double Scale, bool Accumulate, long Step, int FirstRow, float DropoutScale, double? LabelSmoothing, bool Training);
}
