using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>The managed engine on the CPU wherever it can run the network as asked for; libtorch on a GPU, and for the rest.</summary>
internal static class EngineChoice
{
    /// <param name="device">Resolved: the CPU or a GPU.</param>
    /// <param name="threads">Threads of one step; null: the engine's own choice.</param>
    /// <param name="precision">Of libtorch's products.</param>
    /// <param name="say">Told which engine runs, and why.</param>
    public static Engine Create(Network network, Loss loss, TrainingData data, Device device, int? threads, MatrixPrecision precision, ulong seed, Action<string> say)
    {
        if (device != Device.Cpu)
        {
            say($"Engine: libtorch on {device}.");
            return new TorchEngine(network, loss, data, seed, device, threads, precision, say);
        }
        if ((CpuEngine.WhyNot(network) ?? WhyNot(precision)) is { } reason)
        {
            say($"Engine: libtorch on the CPU. {reason}");
            return new TorchEngine(network, loss, data, seed, device, threads, precision, say);
        }
        say("Engine: managed, on the CPU.");
        return new CpuEngine(network, loss, data, seed, threads ?? 0, say);
    }

    private static string? WhyNot(MatrixPrecision precision) =>
        precision == MatrixPrecision.BFloat16 ? "The CPU engine does not round to bf16." : null;
}
