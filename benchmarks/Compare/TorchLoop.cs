using TorchSharp;
using Microsoft.ML.Trainers.Torch.Data;
using static TorchSharp.torch;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>What a user of TorchSharp would write: modules, autograd, TorchSharp's optimizer.</summary>
internal abstract class TorchLoop : Contestant
{
    private readonly nn.Module<Tensor, Tensor> module;
    private readonly optim.Optimizer optimizer;
    private readonly bool classifies;
    private readonly int threads;

    protected TorchLoop(string name, Workload workload, TrainingData data, int threads) : base(name)
    {
        this.threads = threads;
        classifies = workload.Classifies;
        var modules = new List<nn.Module<Tensor, Tensor>>();
        for (int i = 0; i + 1 < workload.Sizes.Length; i++)
        {
            modules.Add(nn.Linear(workload.Sizes[i], workload.Sizes[i + 1]));
            if (i + 2 < workload.Sizes.Length) modules.Add(nn.ReLU());
        }
        module = nn.Sequential(modules);
        optimizer = workload.Rule switch
        {
            "adam" => optim.Adam(module.parameters(), workload.Rate, 0.9, 0.999),
            "adamw" => optim.AdamW(module.parameters(), workload.Rate, 0.9, 0.999, weight_decay: 0.01),
            _ => optim.SGD(module.parameters(), workload.Rate, momentum: 0.9),
        };
        Features = tensor(data.Features.ToArray()).view(data.Rows, data.Columns);
        Labels = tensor(data.Labels.ToArray());
        Labels = classifies ? Labels.to(ScalarType.Int64) : Labels.view(data.Rows, 1);
        Rows = data.Rows;
        BatchSize = workload.Batch;
    }

    protected Tensor Features { get; }

    protected Tensor Labels { get; }

    protected int Rows { get; }

    protected int BatchSize { get; }

    public override void Steps(int count)
    {
        int before = get_num_threads();
        set_num_threads(threads);
        StepsOfThreads(count);
        set_num_threads(before);
    }

    protected abstract void StepsOfThreads(int count);

    protected void Train(Tensor x, Tensor y)
    {
        optimizer.zero_grad();
        Tensor output = module.forward(x);
        Tensor loss = classifies ? nn.functional.cross_entropy(output, y) : nn.functional.mse_loss(output, y);
        loss.backward();
        optimizer.step();
    }
}

/// <summary>The data resident in memory, one permutation per epoch, index_select per batch.</summary>
internal sealed class TorchInMemory(Workload workload, TrainingData data, int threads)
    : TorchLoop($"TorchSharp in memory, {threads} thread{(threads == 1 ? "" : "s")}", workload, data, threads)
{
    private Tensor? order;
    private int position;

    protected override void StepsOfThreads(int count)
    {
        for (; count > 0; count--)
        {
            using DisposeScope scope = NewDisposeScope();
            if (order is null || position >= Rows)
            {
                order?.Dispose();
                order = randperm(Rows).DetachFromDisposeScope();
                position = 0;
            }
            Tensor index = order.narrow(0, position, Math.Min(BatchSize, Rows - position));
            position += BatchSize;
            Train(Features.index_select(0, index), Labels.index_select(0, index));
        }
    }
}

/// <summary>TorchSharp's TensorDataset and DataLoader, as its examples do it.</summary>
internal sealed class TorchDataLoader(Workload workload, TrainingData data, int threads)
    : TorchLoop("TorchSharp with DataLoader", workload, data, threads)
{
    private IEnumerator<IList<Tensor>>? batches;

    protected override void StepsOfThreads(int count)
    {
        for (; count > 0; count--)
        {
            using DisposeScope scope = NewDisposeScope();
            while (batches is null || !batches.MoveNext())
            {
                var loader = utils.data.DataLoader(utils.data.TensorDataset(Features, Labels), BatchSize, shuffle: true, device: CPU);
                batches = ((IEnumerable<IList<Tensor>>)loader).GetEnumerator();
            }
            IList<Tensor> batch = batches.Current;
            Train(batch[0], batch[1]);
        }
    }
}
