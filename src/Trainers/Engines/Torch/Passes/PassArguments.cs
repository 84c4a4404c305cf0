using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>
/// The tensors that a <see cref="PassScript"/> names, made once: constants, the parameters' views, and for each number of rows views of the same
/// buffers. A batch of another size costs nothing but a few views the first time; a larger one than ever before, new buffers.
/// </summary>
internal sealed class PassArguments : IDisposable
{
    // A run has a full and a last batch; an engine that meets more sizes than these makes its views anew.
    private const int SizesKept = 4;

    private readonly PassScript script;
    private readonly torch.Device device;
    private readonly bool shared;
    private readonly Dictionary<PassArgument, Tensor> lasting = [];
    private readonly List<Tensor> buffers = [], hostMasks = [], masks = [];
    private readonly Dictionary<int, (object[] Arguments, Tensor[] Views)> sizes = [];
    private Memory<float>[] masked = [];
    private int capacity;

    /// <param name="shared">Whether weights are .NET memory: then masks are too.</param>
    public PassArguments(PassScript script, ParameterLayout layout, Tensor weights, Tensor gradients, torch.Device device, bool shared)
    {
        (this.script, this.device, this.shared) = (script, device, shared);
        foreach (PassArgument argument in script.Arguments.Where(argument => argument.Kind is not (PassArgumentKind.Buffer or PassArgumentKind.Mask)))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor tensor = argument.Kind == PassArgumentKind.Constant
                ? Constant(script.Constants[argument.Index])
                : TorchEngine.View(argument.Kind == PassArgumentKind.Weights ? weights : gradients, layout[argument.Index]);
            lasting.Add(argument, (argument.Transposed ? tensor.t() : tensor).DetachFromDisposeScope());
        }
    }

    /// <summary>All arguments for so many rows, after <paramref name="places"/> that the caller fills.</summary>
    public object[] For(int rows, int places)
    {
        if (rows > capacity) Reserve(rows);
        if (sizes.TryGetValue(rows, out (object[] Arguments, Tensor[] Views) known)) return known.Arguments;
        if (sizes.Count == SizesKept) ForgetSizes();
        var arguments = new object[places + script.Arguments.Count];
        var views = new List<Tensor>();
        for (int i = 0; i < script.Arguments.Count; i++)
        {
            PassArgument argument = script.Arguments[i];
            if (!lasting.TryGetValue(argument, out Tensor? tensor)) views.Add(tensor = Rows(argument, rows));
            arguments[places + i] = tensor;
        }
        sizes.Add(rows, (arguments, [.. views]));
        return arguments;
    }

    /// <summary>Draws what the dropout layers drop in this pass.</summary>
    public void DrawMasks(int rows, ulong seed, in StepSettings settings)
    {
        for (int i = 0; i < masked.Length; i++)
        {
            (Dropout layer, int number) = script.Masks[i];
            float rate = (float)(layer.Rate * settings.DropoutScale);
            DropoutMask.Fill(masked[i].Span, layer.Size, layer.Size, settings.FirstRow, rows, rate, seed, settings.Step, number);
            if (shared) continue;
            using DisposeScope scope = NewDisposeScope();
            masks[i].narrow(0, 0, rows).copy_(hostMasks[i].narrow(0, 0, rows));
        }
    }

    public void Dispose()
    {
        ForgetBuffers();
        foreach (Tensor tensor in lasting.Values) tensor.Dispose();
    }

    private Tensor Constant(Array values) => values is long[] places ? tensor(places, device: device) : tensor((float[])values, device: device);

    private Tensor Rows(PassArgument argument, int rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor view = (argument.Kind == PassArgumentKind.Buffer ? buffers : masks)[argument.Index].narrow(0, 0, rows);
        return (argument.Transposed ? view.t() : view).DetachFromDisposeScope();
    }

    private void Reserve(int rows)
    {
        ForgetBuffers();
        capacity = rows;
        using DisposeScope scope = NewDisposeScope();
        foreach (int columns in script.Buffers) buffers.Add(empty(rows, columns, device: device).DetachFromDisposeScope());
        masked = [.. script.Masks.Select(mask => AlignedMemory.Allocate<float>(checked(rows * mask.Layer.Size)))];
        for (int i = 0; i < masked.Length; i++)
        {
            hostMasks.Add(TorchEngine.Share(masked[i]).view(rows, script.Masks[i].Layer.Size).DetachFromDisposeScope());
            masks.Add(shared ? hostMasks[i] : empty_like(hostMasks[i], device: device).DetachFromDisposeScope());
        }
    }

    private void ForgetBuffers()
    {
        ForgetSizes();
        foreach (Tensor tensor in buffers.Concat(hostMasks).Concat(masks)) tensor.Dispose();
        buffers.Clear();
        hostMasks.Clear();
        masks.Clear();
    }

    private void ForgetSizes()
    {
        foreach ((_, Tensor[] views) in sizes.Values)
            foreach (Tensor view in views) view.Dispose();
        sizes.Clear();
    }
}
