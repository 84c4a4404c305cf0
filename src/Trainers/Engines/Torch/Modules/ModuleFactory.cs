using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>The user's function that makes a module, and what it is good for: to describe it, to start it, to score with it.</summary>
internal sealed class ModuleFactory(string name, Func<nn.Module<Tensor, Tensor>> make) : ModuleCode
{
    // With more threads, what threads cost is more than what so few weights take.
    private const int SmallModule = 100_000;

    // The module's first weights are drawn before the first step.
    private const long BeforeTheFirstStep = -1;

    public string Name { get; } = name;

    /// <summary>The same with libtorch's threads in training; null: one for a small module, else as many as libtorch has.</summary>
    public ModuleFactory WithThreads(int? threads) => new(Name, make) { Threads = threads };

    private int? Threads { get; init; }

    /// <summary>libtorch's threads for this module, in training and in scoring; null: as many as it has.</summary>
    public int? ThreadsFor(OwnModule layer) => Threads ?? (layer.Tensors.Sum(tensor => (long)tensor.Spec.Count) < SmallModule ? 1 : null);

    /// <summary>The module as a layer of a network, after a try with one row of zeros.</summary>
    /// <exception cref="InvalidOperationException">The module cannot be trained, or does not map so many numbers to so many.</exception>
    public OwnModule Describe(int inputs, int outputs)
    {
        using nn.Module<Tensor, Tensor> module = Make(seed: 0);
        var layer = new OwnModule(Name, inputs, outputs, ModuleTensors.Of(Name, module), this);
        if (!layer.Tensors.Any(tensor => tensor.Spec.IsTrainable))
            throw new InvalidOperationException($"The module '{Name}' must have at least one parameter that requires a gradient but has none. Call RegisterComponents() at the end of its constructor.");
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        module.eval();
        try
        {
            RequireOutputs(layer, module.call(zeros(1, inputs)), rows: 1);
        }
        catch (Exception fault) when (fault is not InvalidOperationException)
        {
            throw new InvalidOperationException($"The module '{Name}' must take rows of {inputs} features but failed on one: {fault.Message.Split('\n')[0]}", fault);
        }
        return layer;
    }

    /// <summary>
    /// A new module that belongs to the caller alone, whatever dispose scope the caller is in; its random first values follow from the seed.
    /// </summary>
    public nn.Module<Tensor, Tensor> Make(ulong seed)
    {
        Libtorch.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradient = enable_grad();
        nn.Module<Tensor, Tensor> module;
        using (GeneratorScope.Enter(seed, BeforeTheFirstStep, firstRow: 0, CPU))
            module = make() ?? throw new InvalidOperationException($"The factory of the module '{Name}' must return a module but returned null.");
        // The scope's end would dispose of what the module keeps.
        scope.Detach([.. scope.DisposablesView]);
        return module;
    }

    public override void FillFirstWeights(OwnModule layer, ParameterLayout layout, Span<float> weights, ulong seed)
    {
        using nn.Module<Tensor, Tensor> module = Make(seed);
        using DisposeScope scope = NewDisposeScope();
        layer.RequireSame(ModuleTensors.Of(Name, module));
        foreach ((string name, Tensor tensor) in ModuleTensors.In(module))
        {
            Span<float> place = layout[name].In(weights);
            Tensor values = tensor.detach().cpu().contiguous();
            if (tensor.dtype == ScalarType.Float32) layer.Tensors.Single(known => known.Name == name).Place(values.data<float>().ToArray(), place);
            else ModuleTensor.Encode(values.bytes, place);
        }
    }

    public override ModuleScorer Load(OwnModule layer, ParameterLayout layout, ReadOnlySpan<float> weights) => new OwnModuleScorer(this, layer, layout, weights);

    /// <summary>The outputs as rows x outputs.</summary>
    public static Tensor RequireOutputs(OwnModule layer, Tensor outputs, long rows)
    {
        long[] shape = outputs.shape;
        if (layer.Outputs == 1 && shape is [var count] && count == rows) outputs = outputs.unsqueeze(1);
        else if (shape is not [var height, var width] || height != rows || width != layer.Outputs)
            throw new InvalidOperationException($"The module '{layer.Name}' must return {layer.Outputs} numbers for each of {rows} rows, a tensor [{rows}, {layer.Outputs}], but returned [{string.Join(", ", shape)}]. Give its last layer {layer.Outputs} outputs.");
        return outputs.dtype == ScalarType.Float32
            ? outputs
            : throw new InvalidOperationException($"The module '{layer.Name}' must return Float32 but returned {outputs.dtype}. Convert its outputs.");
    }
}
