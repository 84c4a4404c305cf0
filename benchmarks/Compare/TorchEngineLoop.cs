using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using static TorchSharp.torch;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>The engine that GPUs use, here on the CPU, with so many of libtorch's threads.</summary>
internal sealed class TorchEngineLoop(Workload workload, TrainingData data, int threads) : Contestant($"Torch engine, {threads} thread{(threads == 1 ? "" : "s")}")
{
    private readonly EngineLoop loop = new("Torch engine", new TorchEngine(workload.Network(), workload.Loss, data, seed: 1, Microsoft.ML.Trainers.Torch.Device.Cpu), workload);

    public override void Steps(int count)
    {
        int before = get_num_threads();
        set_num_threads(threads);
        loop.Steps(count);
        set_num_threads(before);
    }

    public override void Dispose() => loop.Dispose();
}
