using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using static Microsoft.ML.Trainers.Torch.Engines.Passes.PassScript;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>Writes the backward lines of a layer.</summary>
/// <param name="g">The derivative of the loss by the layer's result.</param>
/// <returns>The derivative by its input; null where nothing before it is trained.</returns>
internal delegate PassRows? WriteBackward(PassRows g);

/// <summary>
/// Writes the layers of a network as text: each writes its forward lines at once and gives back what writes its backward lines, which is
/// called in the opposite order.
/// </summary>
internal sealed class ScriptedLayers(PassScript script)
{
    private readonly ScriptedEmbeddings embeddings = new(script);
    private int layers;

    /// <summary>Why a network has no text; null where it has one.</summary>
    public static string? WhyNot(IEnumerable<Layer> layers)
    {
        foreach (Layer layer in layers)
            if (layer is OwnModule) return $"'{layer.Name}' is a module of one's own.";
            else if (layer is Residual residual && WhyNot(residual.Block) is { } reason) return reason;
        return null;
    }

    /// <summary>Writes the whole pass.</summary>
    public static PassScript Write(Network network, Loss loss, bool weighted)
    {
        var script = new PassScript(network.Layout);
        script.Line("index = torch.narrow(order, 0, first, rows)");
        PassRows x = script.Buffer(network.Inputs);
        script.Line($"torch.index_select(features, 0, index, out={x})");
        (PassRows y, WriteBackward back) = new ScriptedLayers(script).Chain(network.Layers, x.Kept, wanted: false);
        back(ScriptedLosses.Write(script, loss, y, network.Members, weighted));
        return script;
    }

    /// <param name="wanted">Whether anybody wants the derivative by the chain's input.</param>
    private (PassRows Y, WriteBackward Back) Chain(IEnumerable<Layer> chain, PassRows x, bool wanted)
    {
        var backs = new Stack<WriteBackward>();
        foreach (Layer layer in chain)
        {
            (x, WriteBackward back) = Apply(layer, x, wanted);
            backs.Push(back);
            wanted |= layer.Parameters.Any(parameter => parameter.IsTrainable);
        }
        return (x, g =>
        {
            PassRows? gradient = g;
            foreach (WriteBackward back in backs)
                if (gradient is { } known) gradient = back(known);
            return gradient;
        });
    }

    private (PassRows Y, WriteBackward Back) Apply(Layer layer, PassRows x, bool wanted)
    {
        // Layers are numbered depth first: the same for every engine.
        int number = layers++;
        return layer switch
        {
            Dense => Affine(layer, x, 1, wanted),
            NtkDense => Affine(layer, x, 1 / MathF.Sqrt(layer.Inputs), wanted),
            Activation activation => Activate(activation.Function, x, wanted),
            ParametricActivation activation => Blend(activation, x, wanted),
            Dropout dropout => Multiply(x, script.Mask(dropout, number), wanted),
            Scaling => Scale(layer, x, wanted),
            Standardization => Standardize(layer, x, wanted),
            RobustScaling => Squash(layer, x, wanted),
            LayerNorm norm => Normalize(norm, x, wanted),
            BatchNorm norm => Normalize(norm, x, wanted),
            EnsembleDense ensemble => Members(ensemble, x, wanted),
            MissingValues => Replace(layer, x, wanted),
            MissingIndicators indicators => Indicate(indicators, x, wanted),
            CategoricalEmbedding embedding => embeddings.Embed(embedding, x, wanted),
            PeriodicEmbedding embedding => embeddings.Embed(embedding, x, wanted),
            NumericEmbedding embedding => embeddings.Embed(embedding, x, wanted),
            Residual residual => AddBlock(residual, x, wanted),
            _ => throw new NotSupportedException($"A scripted pass must know every layer but was given {layer.GetType().Name} '{layer.Name}'."),
        };
    }

    private (PassRows, WriteBackward) Affine(Layer layer, PassRows x, float alpha, bool wanted)
    {
        string weight = $"{layer.Name}.weight", bias = $"{layer.Name}.bias", scaled = Number(alpha);
        PassRows y = script.Buffer(layer.Outputs);
        script.Line($"torch.addmm({script.Weights(bias)}, {x}, {script.Weights(weight)}, alpha={scaled}, out={y})");
        return (y, g =>
        {
            script.StoreProduct(weight, x.Transposed, g.Name, scaled);
            script.StoreSum(bias, g.Name);
            if (!wanted) return null;
            PassRows gx = script.Buffer(layer.Inputs);
            script.Line($"{gx}.addmm_({g}, {script.Weights(weight, transposed: true)}, beta=0, alpha={scaled})");
            script.Free(g);
            return gx;
        });
    }

    // Rows x members x numbers, all members by one matrix: y = ((x in) W / sqrt(inputs)) out + bias.
    private (PassRows, WriteBackward) Members(EnsembleDense layer, PassRows x, bool wanted)
    {
        string weight = $"{layer.Name}.weight", into = $"{layer.Name}.input_scale", outOf = $"{layer.Name}.output_scale", bias = $"{layer.Name}.bias";
        string scaled = Number(1 / MathF.Sqrt(layer.InputSize)), members = script.Let($"{x}.reshape(rows, {(layer.FansOut ? 1 : layer.Members)}, {layer.InputSize})");
        string own = script.Let($"{members} * {script.Weights(into)}"), product = script.Let($"torch.matmul({own}, {script.Weights(weight)}) * {scaled}");
        PassRows y = script.Local($"({product} * {script.Weights(outOf)} + {script.Weights(bias)}).reshape(rows, {layer.Outputs})", layer.Outputs);
        return (y, g =>
        {
            string each = script.Let($"{g}.reshape(rows, {layer.Members}, {layer.OutputSize})");
            script.StoreSum(bias, each);
            script.StoreSum(outOf, $"{each} * {product}");
            string byProduct = script.Let($"{each} * {script.Weights(outOf)}");
            script.StoreProduct(weight, $"{own}.reshape(-1, {layer.InputSize}).t()", $"{byProduct}.reshape(-1, {layer.OutputSize})", scaled);
            string byOwn = script.Let($"torch.matmul({byProduct}, {script.Weights(weight, transposed: true)}) * {scaled}");
            script.StoreSum(into, $"{byOwn} * {members}");
            script.Free(g);
            if (!wanted) return null;
            string byMember = $"({byOwn} * {script.Weights(into)})";
            return script.Local(layer.FansOut ? $"torch.sum({byMember}, [1])" : $"{byMember}.reshape(rows, {layer.Inputs})", layer.Inputs);
        });
    }

    private (PassRows, WriteBackward) Activate(ActivationFunction function, PassRows x, bool wanted)
    {
        PassRows y = x.Spare && ScriptedActivations.IsInvertible(function) ? x : script.Buffer(x.Columns);
        script.Line(ScriptedActivations.Forward(function, x, y));
        return (ScriptedActivations.IsInvertible(function) ? y.Kept : y, g =>
        {
            if (!wanted) return null;
            PassRows gx = Over(g);
            script.Line(ScriptedActivations.Backward(function, g, x, y, gx));
            return gx;
        });
    }

    // y = x + (f - x) blend: by x, g (1 - blend) + g blend f'(x); by blend, g (f - x).
    private (PassRows, WriteBackward) Blend(ParametricActivation layer, PassRows x, bool wanted)
    {
        string blend = $"{layer.Name}.blend", weights = script.Weights(blend);
        PassRows f = script.Buffer(x.Columns), difference = script.Buffer(x.Columns), y = script.Buffer(x.Columns);
        script.Line(ScriptedActivations.Forward(layer.Function, x, f));
        script.Line($"torch.sub({f}, {x}, out={difference})");
        script.Line($"torch.addcmul({x}, {difference}, {weights}, out={y})");
        return (y, g =>
        {
            script.StoreSum(blend, $"{difference}.mul_({g})");
            if (!wanted) return null;
            PassRows gx = script.Buffer(x.Columns);
            script.Line($"torch.mul({g}, {weights}, out={gx})");
            // What is left of the gradient for the straight way round the function, in the memory of the differences.
            script.Line($"torch.sub({g}, {gx}, out={difference})");
            script.Line(ScriptedActivations.Backward(layer.Function, gx, x, f, gx));
            script.Line($"{gx}.add_({difference})");
            script.Free(g);
            return gx;
        });
    }

    private (PassRows, WriteBackward) Multiply(PassRows x, string factor, bool wanted)
    {
        PassRows y = Over(x);
        script.Line($"torch.mul({x}, {factor}, out={y})");
        return (y, g =>
        {
            if (!wanted) return null;
            PassRows gx = Over(g);
            script.Line($"torch.mul({g}, {factor}, out={gx})");
            return gx;
        });
    }

    private (PassRows, WriteBackward) Scale(Layer layer, PassRows x, bool wanted)
    {
        string weight = $"{layer.Name}.weight";
        (PassRows y, WriteBackward back) = Multiply(x.Kept, script.Weights(weight), wanted);
        return (y, g =>
        {
            script.StoreSum(weight, $"{g} * {x}");
            return back(g);
        });
    }

    private (PassRows, WriteBackward) Standardize(Layer layer, PassRows x, bool wanted)
    {
        PassRows centred = Over(x);
        script.Line($"torch.sub({x}, {script.Weights($"{layer.Name}.mean")}, out={centred})");
        return Multiply(centred, script.Weights($"{layer.Name}.scale"), wanted);
    }

    // u = (x - center) scale, r = 1 / sqrt(1 + (u / 3)^2), y = u r: by u, r^3.
    private (PassRows, WriteBackward) Squash(Layer layer, PassRows x, bool wanted)
    {
        PassRows u = Over(x), root = script.Buffer(x.Columns);
        string scale = script.Weights($"{layer.Name}.scale");
        script.Line($"torch.sub({x}, {script.Weights($"{layer.Name}.center")}, out={u})");
        script.Line($"{u}.mul_({scale})");
        script.Line($"torch.mul({u}, {u}, out={root}).mul_({Number(1 / 9.0)}).add_(1).rsqrt_()");
        script.Line($"{u}.mul_({root})");
        return (u, g =>
        {
            if (!wanted) return null;
            PassRows gx = Over(g);
            script.Line($"torch.mul({g}, {root} * {root} * {root} * {scale}, out={gx})");
            return gx;
        });
    }

    private (PassRows, WriteBackward) Replace(Layer layer, PassRows x, bool wanted)
    {
        PassRows y = script.Buffer(x.Columns);
        string missing = script.Let($"{x}.isnan()");
        script.Line($"torch.where({missing}, {script.Weights($"{layer.Name}.replacement")}, {x}, out={y})");
        return (y, g => wanted ? script.Local($"{g}.masked_fill({missing}, 0.0)", x.Columns) : null);
    }

    private (PassRows, WriteBackward) Indicate(MissingIndicators layer, PassRows x, bool wanted)
    {
        PassRows y = script.Buffer(layer.Outputs);
        script.Line($"torch.cat([{x}, {x}.index_select(1, {script.Indices(layer.Columns)}).isnan().to({Floats})], 1, out={y})");
        return (y, g => wanted ? script.Local($"{g}.narrow(1, 0, {x.Columns}).contiguous()", x.Columns) : null);
    }

    private (PassRows, WriteBackward) Normalize(LayerNorm layer, PassRows x, bool wanted)
    {
        string weight = $"{layer.Name}.weight", bias = $"{layer.Name}.bias", w = script.Weights(weight), b = script.Weights(bias);
        PassRows y = script.Local(layer.Size);
        string mean = script.Name(), inverse = script.Name();
        script.Line($"{y}, {mean}, {inverse} = torch.native_layer_norm({x}, [{layer.Size}], {w}, {b}, {Number(layer.Epsilon)})");
        return (y, g => Gradients(g, wanted, weight, bias, mask => $"torch.native_layer_norm_backward({g}, {x}, [{layer.Size}], {mean}, {inverse}, {w}, {b}, {mask})"));
    }

    private (PassRows, WriteBackward) Normalize(BatchNorm layer, PassRows x, bool wanted)
    {
        string weight = $"{layer.Name}.weight", bias = $"{layer.Name}.bias", w = script.Weights(weight), b = script.Weights(bias);
        string runningMean = script.Weights($"{layer.Name}.running_mean"), runningVariance = script.Weights($"{layer.Name}.running_var"), epsilon = Number(layer.Epsilon);
        PassRows y = script.Local(layer.Size);
        string mean = script.Name(), inverse = script.Name();
        script.Line($"{y}, {mean}, {inverse} = torch.native_batch_norm({x}, {w}, {b}, {runningMean}, {runningVariance}, True, {Number(layer.Momentum)}, {epsilon})");
        return (y, g => Gradients(g, wanted, weight, bias,
            mask => $"torch.native_batch_norm_backward({g}, {x}, {w}, {runningMean}, {runningVariance}, {mean}, {inverse}, True, {epsilon}, {mask})"));
    }

    /// <summary>The three gradients of a normalisation, by one operation.</summary>
    private PassRows? Gradients(PassRows g, bool wanted, string weight, string bias, Func<string, string> operation)
    {
        PassRows gx = script.Local(g.Columns);
        string byWeight = script.Name(), byBias = script.Name();
        script.Line($"{gx}, {byWeight}, {byBias} = {operation(wanted ? "[True, True, True]" : "[False, True, True]")}");
        script.Store(weight, byWeight);
        script.Store(bias, byBias);
        script.Free(g);
        return wanted ? gx : null;
    }

    private (PassRows, WriteBackward) AddBlock(Residual layer, PassRows x, bool wanted)
    {
        (PassRows inner, WriteBackward back) = Chain(layer.Block, x.Kept, wanted);
        PassRows y = Over(inner);
        script.Line($"torch.add({x}, {inner}, out={y})");
        return (y, g =>
        {
            if (back(g.Kept) is not { } byBlock) return null;
            PassRows gx = Over(byBlock);
            script.Line($"torch.add({byBlock}, {g}, out={gx})");
            script.Free(g);
            return gx;
        });
    }

    /// <summary>The rows themselves where they may be overwritten, else a buffer of that size.</summary>
    private PassRows Over(PassRows rows) => rows.Spare ? rows : script.Buffer(rows.Columns);
}
