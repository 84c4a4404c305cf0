using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// The user's module in training: its parameters, gradients and float buffers are views of the engine's flat memory; buffers of other
/// types are copied there after each training pass and back before each pass, so that checkpoints and the best weights have them too.
/// </summary>
internal sealed class OwnModulePass : IDisposable
{
    private readonly OwnModule layer;
    private readonly nn.Module<Tensor, Tensor> module;
    private readonly ulong seed;
    private readonly (ModuleTensor Description, Tensor Buffer, Tensor Place)[] copied;
    private readonly DropoutRates dropout;
    private readonly TorchState threads;
    private bool? training;

    /// <param name="layer">The module's layer.</param>
    /// <param name="layout">Of the network.</param>
    /// <param name="parameters">The views of flat memory, which have the weights, with their gradients.</param>
    /// <param name="seed">The run's.</param>
    public OwnModulePass(OwnModule layer, ParameterLayout layout, IReadOnlyDictionary<string, Tensor> parameters, ulong seed)
    {
        this.layer = layer;
        this.seed = seed;
        var factory = (ModuleFactory)layer.Code;
        module = factory.Make(seed);
        try
        {
            layer.RequireSame(ModuleTensors.Of(layer.Name, module));
            torch.Device device = parameters[layout[0].Spec.Name].device;
            if (device.type != DeviceType.CPU) module.to(device);
            ModuleTensors.Bind(layer, module, name => parameters[name]);
            copied = [.. ModuleTensors.In(module).Where(pair => pair.Tensor.dtype != ScalarType.Float32)
                .Select(pair => (layer.Tensors.Single(tensor => tensor.Name == pair.Name), pair.Tensor, parameters[pair.Name]))];
            dropout = new DropoutRates(module);
            threads = TorchState.Enter(factory.ThreadsFor(layer));
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    public Tensor Train(Tensor x, StepSettings settings)
    {
        Switch(toTraining: true);
        dropout.Multiply(settings.DropoutScale);
        Tensor outputs;
        using (GeneratorScope.Enter(seed, settings.Step, settings.FirstRow, x.device)) outputs = module.call(x);
        if (copied.Length > 0)
            using (no_grad())
                foreach ((ModuleTensor _, Tensor buffer, Tensor place) in copied)
                {
                    var pairs = new float[place.numel()];
                    ModuleTensor.Encode(buffer.cpu().contiguous().bytes, pairs);
                    place.copy_(tensor(pairs));
                }
        return ModuleFactory.RequireOutputs(layer, outputs, x.shape[0]);
    }

    public Tensor Evaluate(Tensor x)
    {
        Switch(toTraining: false);
        return ModuleFactory.RequireOutputs(layer, module.call(x), x.shape[0]);
    }

    public void Dispose()
    {
        threads.Dispose();
        module.Dispose();
    }

    private void Switch(bool toTraining)
    {
        if (training != toTraining)
        {
            module.train(toTraining);
            training = toTraining;
        }
        if (copied.Length == 0) return;
        using IDisposable noGradient = no_grad();
        foreach ((ModuleTensor description, Tensor buffer, Tensor place) in copied)
            CopyBytes(description.Decode(place.cpu().data<float>().ToArray()), buffer);
    }

    /// <summary>Sets a tensor from the bytes of its values.</summary>
    public static void CopyBytes(byte[] bytes, Tensor target)
    {
        Tensor values = empty(target.shape, target.dtype);
        values.bytes = bytes;
        target.copy_(values);
    }

    /// <summary>The dropout layers of a module with the rates they were made with.</summary>
    private sealed class DropoutRates(nn.Module module)
    {
        private readonly (TorchSharp.Modules.Dropout Layer, double Rate)[] layers = [.. module.named_modules().Select(pair => pair.module).OfType<TorchSharp.Modules.Dropout>().Distinct().Select(layer => (layer, layer.p))];

        public void Multiply(double scale)
        {
            foreach ((TorchSharp.Modules.Dropout layer, double rate) in layers)
                if (layer.p != rate * scale) layer.p = Require.Fraction(rate * scale, DropoutMask.ScheduleAdvice, "Dropout");
        }
    }
}
