using System.Collections.Concurrent;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// A fitted module that scores on the CPU. A user's module need not be safe for several threads, so each that scores at the same time
/// as others has an instance of its own; all share one copy of the weights.
/// </summary>
internal sealed class OwnModuleScorer : ModuleScorer
{
    private readonly ModuleFactory factory;
    private readonly OwnModule layer;
    private readonly ParameterLayout layout;
    private readonly Memory<float> weights;
    private readonly ConcurrentBag<Instance> idle = [];
    private int releases;

    public OwnModuleScorer(ModuleFactory factory, OwnModule layer, ParameterLayout layout, ReadOnlySpan<float> weights)
    {
        (this.factory, this.layer, this.layout) = (factory, layer, layout);
        this.weights = AlignedMemory.Allocate<float>(weights.Length);
        weights.CopyTo(this.weights.Span);
        // A module that does not fit the weights is found now.
        idle.Add(new Instance(this));
    }

    public override void Run(ReadOnlySpan<float> rows, int count, Span<float> outputs)
    {
        int before = Volatile.Read(ref releases);
        if (!idle.TryTake(out Instance? instance)) instance = new Instance(this);
        try
        {
            instance.Run(rows, count, outputs);
        }
        catch
        {
            instance.Dispose();
            throw;
        }
        // Released meanwhile: nobody would give this one up any more.
        if (before == Volatile.Read(ref releases)) idle.Add(instance);
        else instance.Dispose();
    }

    public override void Release()
    {
        Interlocked.Increment(ref releases);
        while (idle.TryTake(out Instance? instance)) instance.Dispose();
    }

    private sealed class Instance : IDisposable
    {
        private readonly OwnModule layer;
        private readonly int? threads;
        private readonly nn.Module<Tensor, Tensor> module;
        private readonly Tensor flat;

        public Instance(OwnModuleScorer scorer)
        {
            layer = scorer.layer;
            threads = scorer.factory.ThreadsFor(layer);
            module = scorer.factory.Make(seed: 0);
            using DisposeScope scope = NewDisposeScope();
            try
            {
                layer.RequireSame(ModuleTensors.Of(layer.Name, module));
                flat = TorchEngine.Share(scorer.weights).DetachFromDisposeScope();
                ModuleTensors.Bind(layer, module, name => View(scorer.layout[name]));
                using IDisposable noGradient = no_grad();
                foreach ((string name, Tensor buffer) in ModuleTensors.In(module))
                    if (layer.Tensors.Single(tensor => tensor.Name == name) is { IsFloat: false } description)
                        OwnModulePass.CopyBytes(description.Decode(scorer.layout[name].In(scorer.weights.Span)), buffer);
                module.eval();
            }
            catch
            {
                module.Dispose();
                throw;
            }
        }

        public void Run(ReadOnlySpan<float> rows, int count, Span<float> outputs)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            using TorchState few = TorchState.Enter(threads);
            Tensor result = module.call(tensor(rows.ToArray(), count, layer.Inputs));
            ModuleFactory.RequireOutputs(layer, result, count).cpu().contiguous().data<float>().CopyTo(outputs);
        }

        public void Dispose()
        {
            module.Dispose();
            flat.Dispose();
        }

        private Tensor View(ParameterSlot slot) =>
            flat.narrow(0, slot.Offset, slot.Count).view([.. slot.Spec.Shape.Select(dimension => (long)dimension)]);
    }
}
