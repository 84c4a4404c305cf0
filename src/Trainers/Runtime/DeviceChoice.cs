using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>Decides once per trainer, from its options and what its context says, where it trains.</summary>
internal static class DeviceChoice
{
    /// <summary><see cref="Device.Cpu"/> or a GPU that can be used. libtorch is loaded only if a GPU was asked for.</summary>
    /// <param name="requested">The option.</param>
    /// <param name="gpuDeviceId">What the context says: a GPU, or null for the CPU.</param>
    /// <param name="fallbackToCpu">Whether the context allows the CPU instead of its GPU.</param>
    /// <param name="log">Told when the CPU is used instead of the GPU that the context names.</param>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and there is no leave to use the CPU instead.</exception>
    public static Device Resolve(Device requested, int? gpuDeviceId, bool fallbackToCpu, Action<string>? log = null) =>
        Resolve(requested, gpuDeviceId, fallbackToCpu, index => WhyNotCuda(index, log), log);

    /// <summary>The decision itself; <paramref name="whyNot"/> says why a GPU cannot be used, or null if it can.</summary>
    internal static Device Resolve(Device requested, int? gpuDeviceId, bool fallbackToCpu, Func<int, string?> whyNot, Action<string>? log)
    {
        if (requested == Device.Auto && gpuDeviceId is null) return Device.Cpu;
        if (requested == Device.Cpu) return Device.Cpu;

        Device gpu = requested == Device.Auto ? Device.Cuda(gpuDeviceId!.Value) : requested;
        if (whyNot(gpu.CudaIndex!.Value) is not { } reason) return gpu;
        if (requested != Device.Auto)
            throw new InvalidOperationException($"Device {gpu} cannot be used: {reason} Choose Device.Cpu, or Device.Auto with MLContext.GpuDeviceId to fall back to the CPU.");
        if (!fallbackToCpu)
            throw new InvalidOperationException($"The GPU {gpuDeviceId} of MLContext.GpuDeviceId cannot be used: {reason} Set MLContext.FallbackToCpu to train on the CPU instead.");
        log?.Invoke($"Training on the CPU: the GPU {gpuDeviceId} of MLContext.GpuDeviceId cannot be used: {reason}");
        return Device.Cpu;
    }

    /// <summary>TorchSharp's value for a resolved device.</summary>
    public static torch.Device ToTorch(this Device device) =>
        device.CudaIndex is { } index ? new torch.Device(DeviceType.CUDA, index) : torch.CPU;

    private static string? WhyNotCuda(int index, Action<string>? log)
    {
        LoadedLibtorch libtorch = Libtorch.EnsureLoaded(log);
        if (!torch.cuda.is_available())
            return libtorch.HasCuda
                ? "libtorch finds no GPU with a driver that fits."
                : "the libtorch beside the application is the one for the CPU; add the package TorchSharp-cuda-linux or TorchSharp-cuda-windows instead.";
        int count = torch.cuda.device_count();
        return index < count ? null : $"there are only {count} GPUs here, counted from 0.";
    }
}
