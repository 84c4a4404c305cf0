using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// What a module draws from torch's own generator (dropout, first weights) comes, within this scope, from a state that is a pure
/// function of seed, step and row; afterwards the generator is as it was. That generator is one for the whole process, so one scope
/// is open at a time and others wait; the rest of the application should not draw from it meanwhile. The generator of a GPU can be
/// set but not read, so there it stays at what the last scope set.
/// </summary>
internal sealed class GeneratorScope : IDisposable
{
    private static readonly Lock gate = new();

    private readonly Tensor before;

    private GeneratorScope(ulong state, torch.Device device)
    {
        before = get_rng_state().DetachFromDisposeScope();
        using var generator = new Generator(state, CPU);
        using Tensor wanted = generator.get_state();
        set_rng_state(wanted);
        if (device.type == DeviceType.CUDA) cuda.manual_seed_all((long)state);
    }

    /// <summary>Opens it; disposing closes it, on the same thread.</summary>
    public static GeneratorScope Enter(ulong seed, long step, int firstRow, torch.Device device)
    {
        gate.Enter();
        try
        {
            return new GeneratorScope(Mix(Mix(Mix(seed) + (ulong)step) + (ulong)firstRow), device);
        }
        catch
        {
            gate.Exit();
            throw;
        }
    }

    public void Dispose()
    {
        set_rng_state(before);
        before.Dispose();
        gate.Exit();
    }

    /// <summary>SplitMix64.</summary>
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
