using System.Collections.Concurrent;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>The code of an <see cref="OwnModule"/>, as far as this assembly needs it; and all such code that the process has registered.</summary>
internal abstract class ModuleCode
{
    private static readonly ConcurrentDictionary<string, ModuleCode> registered = new(StringComparer.Ordinal);

    /// <summary>From now on, models that use the name are computed by this code; models already loaded keep theirs.</summary>
    public static void Register(string name, ModuleCode code) => registered[name] = code;

    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static ModuleCode Registered(string name) => registered.TryGetValue(name, out ModuleCode? code)
        ? code
        : throw new InvalidOperationException($"The module '{name}' must be registered before a model that uses it is loaded but is not. Call TorchModules.Register(\"{name}\", () => new ...) of Microsoft.ML.Trainers.Torch first.");

    /// <summary>Writes the values with which the code makes the module. Buffers of this layout are parameters by name.</summary>
    public abstract void FillFirstWeights(OwnModule module, ParameterLayout layout, Span<float> weights, ulong seed);

    /// <summary>The module with these weights, ready to score.</summary>
    /// <exception cref="InvalidOperationException">The code makes a module of other names, types or shapes.</exception>
    public abstract ModuleScorer Load(OwnModule module, ParameterLayout layout, ReadOnlySpan<float> weights);
}

/// <summary>A module that scores, for any number of threads at once.</summary>
internal abstract class ModuleScorer
{
    /// <summary>Rows one after the other, without gaps; outputs likewise.</summary>
    public abstract void Run(ReadOnlySpan<float> rows, int count, Span<float> outputs);

    /// <summary>Gives up what the module holds outside of .NET memory. A later <see cref="Run"/> makes it again.</summary>
    public abstract void Release();
}
