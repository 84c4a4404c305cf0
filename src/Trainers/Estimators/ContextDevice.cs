using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Runtime;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>The device of a trainer, from its option and the <c>MLContext</c>.</summary>
internal static class ContextDevice
{
    /// <summary>
    /// The CPU or a GPU that can be used. <paramref name="environment"/> is the context's own environment, not a host registered from it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and there is no leave to use the CPU instead.</exception>
    public static Device Resolve(Device requested, IHostEnvironment environment, Action<string>? log = null)
    {
        var context = environment as IHostEnvironmentInternal;
        return DeviceChoice.Resolve(requested, context?.GpuDeviceId, context?.FallbackToCpu ?? true, log);
    }
}
