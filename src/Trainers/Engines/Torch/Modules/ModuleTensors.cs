using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using TensorType = Microsoft.ML.NeuralNetworks.Safetensors.TensorType;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// The parameters and persistent buffers of a module: what they are, and how they come to lie in flat memory. A parameter that two
/// submodules share is one, under its first name.
/// </summary>
internal static class ModuleTensors
{
    /// <summary>Names and tensors in the module's order: parameters, then buffers.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> In(nn.Module module)
    {
        var seen = new HashSet<IntPtr>();
        foreach ((string name, Tensor tensor) in module.named_parameters(true).Select(pair => (pair.name, (Tensor)pair.parameter)).Concat(module.named_buffers(true, false)))
            if (seen.Add(tensor.Handle))
                yield return (name, tensor);
    }

    /// <summary>What they are.</summary>
    /// <exception cref="InvalidOperationException">A tensor has a type that cannot be trained or kept.</exception>
    public static ImmutableArray<ModuleTensor> Of(string moduleName, nn.Module module)
    {
        Dictionary<string, nn.Module> owners = module.named_modules().GroupBy(pair => pair.name).ToDictionary(group => group.Key, group => group.First().module, StringComparer.Ordinal);
        return [.. In(module).Select(pair => Describe(moduleName, pair.Name, pair.Tensor, OwnerOf(pair.Name)))];

        nn.Module OwnerOf(string name) => name.LastIndexOf('.') is >= 0 and var dot && owners.TryGetValue(name[..dot], out nn.Module? owner) ? owner : module;
    }

    /// <summary>Makes the module's float tensors views of flat memory, gradients included: it then has those values, and trains there.</summary>
    /// <param name="layer">What the module's tensors are.</param>
    /// <param name="module">On the device of the views.</param>
    /// <param name="views">The views by name; those that are trained have their gradients.</param>
    public static void Bind(OwnModule layer, nn.Module module, Func<string, Tensor> views)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor tensor) in In(module))
        {
            if (tensor.dtype != ScalarType.Float32) continue;
            bool outputsFirst = layer.Tensors.Single(known => known.Name == name).OutputsFirst;
            Tensor view = views(name);
            tensor.set_(outputsFirst ? MoveOutputs(view) : view);
            if (view.grad is { } gradient) tensor.grad = outputsFirst ? MoveOutputs(gradient) : gradient;
        }
    }

    /// <summary>The last dimension becomes the first; no value moves.</summary>
    private static Tensor MoveOutputs(Tensor view) => view.permute([view.dim() - 1, .. Enumerable.Range(0, (int)view.dim() - 1).Select(dimension => (long)dimension)]);

    private static ModuleTensor Describe(string moduleName, string name, Tensor tensor, nn.Module owner)
    {
        bool trained = tensor is TorchSharp.Modules.Parameter && tensor.requires_grad;
        if (trained && tensor.dtype != ScalarType.Float32)
            throw new InvalidOperationException($"The parameter '{name}' of the module '{moduleName}' must be Float32 but was {tensor.dtype}. Make the module in Float32.");
        return new ModuleTensor(name, TypeOf(moduleName, name, tensor), [.. tensor.shape.Select(dimension => checked((int)dimension))], trained ? RoleOf(name, owner) : ParameterRole.Buffer)
        {
            OutputsFirst = trained && tensor.dim() > 1 && owner is (TorchSharp.Modules.Linear or TorchSharp.Modules.Conv1d or TorchSharp.Modules.Conv2d or TorchSharp.Modules.Conv3d),
        };
    }

    private static ParameterRole RoleOf(string name, nn.Module owner)
    {
        string kind = owner.GetType().Name;
        return kind.Contains("Norm", StringComparison.Ordinal) ? ParameterRole.Norm
            : name[(name.LastIndexOf('.') + 1)..].StartsWith("bias", StringComparison.Ordinal) ? ParameterRole.Bias
            : kind.Contains("Embedding", StringComparison.Ordinal) ? ParameterRole.Embedding
            : ParameterRole.Weight;
    }

    private static TensorType TypeOf(string moduleName, string name, Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => TensorType.F32,
        ScalarType.Float64 => TensorType.F64,
        ScalarType.Float16 => TensorType.F16,
        ScalarType.BFloat16 => TensorType.BF16,
        ScalarType.Int64 => TensorType.I64,
        ScalarType.Int32 => TensorType.I32,
        ScalarType.Byte or ScalarType.Bool => TensorType.U8,
        _ => throw new InvalidOperationException($"The buffer '{name}' of the module '{moduleName}' must be of a real or integer type that can be saved but was {tensor.dtype}. Keep it in Float32 or Int64."),
    };
}
