using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>The managed engine on the CPU wherever it can run the network; libtorch on a GPU, and for the rest.</summary>
internal static class EngineChoice
{
    /// <param name="device">Resolved: the CPU or a GPU.</param>
    /// <param name="threads">Threads of the managed engine; null: as many as there are cores.</param>
    /// <param name="say">Told which engine runs, and why.</param>
    public static Engine Create(Network network, Loss loss, TrainingData data, Device device, int? threads, ulong seed, Action<string> say)
    {
        if (device != Device.Cpu)
        {
            say($"Engine: libtorch on {device}.");
            return new TorchEngine(network, loss, data, seed, device);
        }
        if (CpuEngine.WhyNot(network) is { } reason)
        {
            say($"Engine: libtorch on the CPU. {reason}");
            return new TorchEngine(network, loss, data, seed, device);
        }
        say("Engine: managed, on the CPU.");
        return new CpuEngine(network, loss, data, seed, threads ?? 0);
    }
}
