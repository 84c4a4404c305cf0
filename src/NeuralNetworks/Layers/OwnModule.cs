using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Scoring;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// A module that the application brings, computed by its own code. A file knows the name under which the code is registered, and the
/// names and shapes of what it learned; it never holds code. Only what registers code, such as <c>TorchModules.Register</c> of
/// Microsoft.ML.Trainers.Torch, makes it score.
/// </summary>
public sealed record OwnModule : Layer
{
    private readonly ModuleCode? code;

    /// <param name="name">The name under which the code is registered.</param>
    /// <param name="inputSize">Numbers per row in.</param>
    /// <param name="outputSize">Numbers per row out.</param>
    /// <param name="tensors">Parameters and buffers, in the module's order.</param>
    /// <param name="code">The code; null: what is registered under the name when it is needed.</param>
    internal OwnModule(string name, int inputSize, int outputSize, IEnumerable<ModuleTensor> tensors, ModuleCode? code = null) : base(name)
    {
        Inputs = Checks.Size(inputSize);
        Outputs = Checks.Size(outputSize);
        Tensors = [.. tensors];
        this.code = code;
    }

    /// <inheritdoc/>
    public override int Inputs { get; }

    /// <inheritdoc/>
    public override int Outputs { get; }

    /// <summary>The module's parameters and buffers under the names it gives them itself, without the layer's name before them.</summary>
    public override ImmutableArray<ParameterSpec> Parameters => [.. Tensors.Select(tensor => tensor.Spec)];

    internal ImmutableArray<ModuleTensor> Tensors { get; }

    /// <exception cref="InvalidOperationException">No code is registered under the name.</exception>
    internal ModuleCode Code => code ?? ModuleCode.Registered(Name);

    /// <inheritdoc/>
    public bool Equals(OwnModule? other) =>
        other is not null && Name == other.Name && Inputs == other.Inputs && Outputs == other.Outputs && Tensors.AsSpan().SequenceEqual(other.Tensors.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Inputs, Outputs, Tensors.Length);

    /// <summary>Says how the tensors of a module, made by code that may have changed, differ from these.</summary>
    /// <exception cref="InvalidOperationException">A name, type or shape differs: the first difference is named.</exception>
    internal void RequireSame(IReadOnlyList<ModuleTensor> made)
    {
        foreach (ModuleTensor tensor in Tensors)
        {
            ModuleTensor? found = made.FirstOrDefault(other => other.Name == tensor.Name);
            if (found != tensor)
                throw new InvalidOperationException($"The module '{Name}' must have {tensor} but has {(found is null ? "no tensor of that name" : found.ToString())}. Register the code that the model was trained with.");
        }
        if (made.FirstOrDefault(tensor => Tensors.All(known => known.Name != tensor.Name)) is { } extra)
            throw new InvalidOperationException($"The module '{Name}' has {extra}, which the model does not have. Register the code that the model was trained with.");
    }
}
