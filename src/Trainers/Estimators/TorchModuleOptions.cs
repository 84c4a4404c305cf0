using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Engines;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Options of <c>TorchModule</c>: a TorchSharp module of your own. Its parameters have the names that the module gives them
/// (<c>named_parameters</c>), so that <see cref="TrainingOptions.ParameterGroups"/> reach its submodules: <c>vision.*</c>, <c>text.*</c>.
/// See docs/modules.md.
/// </summary>
/// <remarks>
/// <para>The module maps a Float32 tensor [rows, features] to one of [rows, outputs]: one output for regression and binary
/// classification (log-odds), one per class for multiclass (no softmax). It is trained by torch's autograd in training mode, with the
/// optimizers, schedules and checkpoints of every other trainer. Its Float32 parameters that require a gradient are learned; other
/// parameters and its persistent buffers, such as running statistics, are kept with them: in checkpoints, in the best weights, in the model.</para>
/// <para>First weights are those of the module's constructor. What constructor and training passes draw from torch's generator follows
/// from <see cref="TrainingOptions.Seed"/> and the step, so that runs repeat and resume bit for bit on the CPU; state that a module keeps outside of
/// parameters and persistent buffers, or randomness of its own, is not saved.</para>
/// <para>An error inside libtorch's native code, such as a broken TorchScript file, can end the process: no .NET code can catch it.</para>
/// </remarks>
public sealed class TorchModuleOptions : TrainingOptions
{
    private readonly ModuleFactory factory;

    /// <summary>A module.</summary>
    /// <param name="moduleName">Under this name the module is registered before a saved model is loaded (<see cref="TorchModules.Register"/>): letters, digits, '.', '_' and '-'.</param>
    /// <param name="module">Makes a new module on each call, with the same parameter names and shapes each time. libtorch is loaded before it is called.</param>
    /// <exception cref="ArgumentException">The name is empty or has other characters.</exception>
    public TorchModuleOptions(string moduleName, Func<nn.Module<Tensor, Tensor>> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        factory = new ModuleFactory(NeuralNetworks.Checks.Name(moduleName), module);
    }

    /// <summary>The name of the module in saved models.</summary>
    public string ModuleName => factory.Name;

    internal override Network BuildNetwork(int inputs, int outputs) => new([factory.WithThreads(NumberOfThreads).Describe(inputs, outputs)]);
}
