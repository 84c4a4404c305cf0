using Microsoft.ML.Trainers.Torch.Runtime;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>libtorch in this process.</summary>
public static class TorchRuntime
{
    /// <summary>
    /// Loads libtorch where this library finds it, which works on systems where TorchSharp alone fails (see docs/decisions/0003-libtorch-loading.md).
    /// Trainers and models call it themselves, before they call a module's factory. Call it before tensors are made elsewhere, such as in tests.
    /// Any thread, any number of times; only the first call does anything.
    /// </summary>
    /// <exception cref="LibtorchLoadException">It cannot be loaded here; the message says what to install.</exception>
    public static void EnsureLoaded() => Libtorch.EnsureLoaded();
}
