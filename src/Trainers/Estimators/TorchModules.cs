using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Engines;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// The modules of this process by name. A saved model has a module's weights and its name, never its code: before such a model is
/// loaded, the application registers what makes the module.
/// <code>
/// TorchModules.Register("two-towers", () => new TwoTowers());
/// ITransformer model = mlContext.Model.Load("model.zip", out _);
/// </code>
/// </summary>
public static class TorchModules
{
    /// <summary>
    /// Models of this name that are loaded from now on use this module; a name that was registered before is registered anew. Any thread.
    /// </summary>
    /// <param name="name">The name that the trainer was given: letters, digits, '.', '_' and '-'.</param>
    /// <param name="module">Makes a new module on each call, on any thread, with the same parameter names and shapes each time.</param>
    /// <exception cref="ArgumentException">The name is empty or has other characters.</exception>
    public static void Register(string name, Func<nn.Module<Tensor, Tensor>> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        ModuleCode.Register(NeuralNetworks.Checks.Name(name), new ModuleFactory(name, module));
    }
}
