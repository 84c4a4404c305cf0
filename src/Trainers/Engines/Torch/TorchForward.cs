using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>The forward pass of each layer kind in torch operations; autograd derives the backward pass.</summary>
internal sealed class TorchForward : IDisposable
{
    private readonly Network network;
    private readonly IReadOnlyDictionary<string, Tensor> parameters;
    private readonly ulong seed;
    private readonly bool bf16;
    private readonly List<string> names = [];
    private readonly Dictionary<string, OwnModulePass> modules;

    public TorchForward(Network network, IReadOnlyDictionary<string, Tensor> parameters, ulong seed, bool bf16 = false)
    {
        this.network = network;
        this.parameters = parameters;
        this.seed = seed;
        this.bf16 = bf16;
        Number(network.Layers);
        modules = network.Layers.OfType<OwnModule>().ToDictionary(layer => layer.Name, layer => new OwnModulePass(layer, network.Layout, parameters, seed), StringComparer.Ordinal);
    }

    /// <param name="x">Rows x inputs.</param>
    /// <param name="settings">The step, which with the seed decides what is dropped.</param>
    public Tensor Train(Tensor x, StepSettings settings) => Run(network.Layers, x, settings);

    /// <param name="x">Rows x inputs.</param>
    public Tensor Evaluate(Tensor x) => Run(network.Layers, x, step: null);

    public void Dispose()
    {
        foreach (OwnModulePass module in modules.Values) module.Dispose();
    }

    private Tensor Run(IEnumerable<Layer> layers, Tensor x, StepSettings? step)
    {
        foreach (Layer layer in layers) x = Apply(layer, x, step);
        return x;
    }

    private Tensor Apply(Layer layer, Tensor x, StepSettings? step) => layer switch
    {
        Dense => Affine(layer, x, 1, step),
        NtkDense => Affine(layer, x, 1 / MathF.Sqrt(layer.Inputs), step),
        EnsembleDense ensemble => Ensemble(ensemble, x, step),
        Activation activation => Apply(activation.Function, x),
        ParametricActivation activation => x + (Apply(activation.Function, x) - x) * Of(layer, "blend"),
        Dropout dropout => step is { } now ? Drop(dropout, x, now) : x,
        BatchNorm norm => functional.batch_norm(
            x, Of(layer, "running_mean"), Of(layer, "running_var"), Of(layer, "weight"), Of(layer, "bias"), training: step is not null, norm.Momentum, norm.Epsilon),
        LayerNorm norm => functional.layer_norm(x, [norm.Size], Of(layer, "weight"), Of(layer, "bias"), norm.Epsilon),
        Scaling => x * Of(layer, "weight"),
        Standardization => (x - Of(layer, "mean")) * Of(layer, "scale"),
        RobustScaling => Squash(layer, x),
        MissingValues => where(x.isnan(), Of(layer, "replacement"), x),
        MissingIndicators indicators => cat([x, x.index_select(1, Indices(indicators.Columns, x)).isnan().to(ScalarType.Float32)], 1),
        Residual residual => x + Run(residual.Block, x, step),
        CategoricalEmbedding embedding => Embed(embedding, x),
        PeriodicEmbedding embedding => Embed(embedding, x, step),
        NumericEmbedding embedding => Embed(embedding, x, step),
        OwnModule module => step is { } now ? modules[module.Name].Train(x, now) : modules[module.Name].Evaluate(x),
        _ => throw new NotSupportedException($"The Torch engine must know every layer but was given {layer.GetType().Name} '{layer.Name}'."),
    };

    private static Tensor Apply(ActivationFunction function, Tensor x) => function switch
    {
        ActivationFunction.Relu => functional.relu(x),
        ActivationFunction.Gelu => functional.gelu(x),
        ActivationFunction.Silu => functional.silu(x),
        ActivationFunction.Selu => functional.selu(x),
        ActivationFunction.Mish => functional.mish(x),
        ActivationFunction.Tanh => x.tanh(),
        ActivationFunction.Sigmoid => x.sigmoid(),
        _ => throw new NotSupportedException($"The Torch engine must know the activation but was given {function}."),
    };

    /// <summary>Rows x members x inputs, all members by one matrix.</summary>
    private Tensor Ensemble(EnsembleDense layer, Tensor x, StepSettings? step)
    {
        Tensor own = x.view(x.shape[0], layer.FansOut ? 1 : layer.Members, layer.InputSize) * Of(layer, "input_scale");
        Tensor product = Product(own, Of(layer, "weight"), step, matmul) * (1 / MathF.Sqrt(layer.InputSize));
        return (product * Of(layer, "output_scale") + Of(layer, "bias")).reshape(x.shape[0], layer.Outputs);
    }

    private Tensor Drop(Dropout layer, Tensor x, StepSettings step)
    {
        float rate = (float)(layer.Rate * step.DropoutScale);
        if (rate == 0) return x;
        int rows = (int)x.shape[0];
        float[] mask = new float[rows * layer.Size];
        DropoutMask.Fill(mask, layer.Size, layer.Size, step.FirstRow, rows, rate, seed, step.Step, names.IndexOf(layer.Name));
        return x * tensor(mask, [rows, layer.Size], device: x.device);
    }

    /// <summary>u = (x - center) scale, u / sqrt(1 + (u / 3)^2).</summary>
    private Tensor Squash(Layer layer, Tensor x)
    {
        Tensor u = (x - Of(layer, "center")) * Of(layer, "scale");
        return u * (1 + (u / 3).square()).rsqrt();
    }

    private Tensor Embed(CategoricalEmbedding layer, Tensor x)
    {
        var parts = new List<Tensor>();
        if (layer.Others.Length > 0) parts.Add(x.index_select(1, Indices(layer.Others, x)));
        for (int i = 0; i < layer.Columns.Length; i++)
        {
            CategoricalColumn column = layer.Columns[i];
            Tensor code = x.select(1, column.Index);
            Tensor known = code.ge(1).logical_and(code.lt(column.Categories + 1));
            Tensor row = where(known, code, zeros_like(code)).to(ScalarType.Int64);
            parts.Add(Of(layer, $"tables.{i}").index_select(0, row));
        }
        return cat(parts, 1);
    }

    private Tensor Embed(PeriodicEmbedding layer, Tensor x, StepSettings? step)
    {
        Tensor angle = 2 * Math.PI * Of(layer, "frequencies") * x.unsqueeze(2);
        Tensor vectors = PerColumn(cat([angle.sin(), angle.cos()], 2), layer, step);
        return vectors.relu().reshape(x.shape[0], layer.Outputs);
    }

    private Tensor Embed(NumericEmbedding layer, Tensor x, StepSettings? step)
    {
        Tensor columns = Indices(layer.Columns, x), scaled = Squash(layer, x), own = scaled.index_select(1, columns);
        var codes = new List<Tensor>();
        if (layer.Frequencies > 0)
            codes.Add((2 * Math.PI * Of(layer, "frequencies") * own.unsqueeze(2) + Of(layer, "phases")).cos());
        if (layer.Bins > 0)
        {
            Tensor edges = Of(layer, "edges"), from = edges.narrow(1, 0, layer.Bins), length = edges.narrow(1, 1, layer.Bins) - from;
            Tensor used = length.gt(0);
            Tensor part = (x.index_select(1, columns).unsqueeze(2) - from) / where(used, length, ones_like(length));
            codes.Add(part.clamp(0, 1) * used.to(ScalarType.Float32));
        }
        Tensor vectors = PerColumn(codes.Count == 1 ? codes[0] : cat(codes, 2), layer, step);
        Tensor embedded = cat([vectors, own.unsqueeze(2)], 2).reshape(x.shape[0], layer.Columns.Length * (layer.Width + 1));
        return layer.Others.Length == 0 ? embedded : cat([embedded, scaled.index_select(1, Indices(layer.Others, x))], 1);
    }

    /// <summary>Rows x columns x codes by columns x codes x width: a matrix of its own for each column.</summary>
    private Tensor PerColumn(Tensor codes, Layer layer, StepSettings? step) =>
        Product(codes.transpose(0, 1), Of(layer, "weight"), step, bmm).transpose(0, 1) + Of(layer, "bias");

    private Tensor Affine(Layer layer, Tensor x, float alpha, StepSettings? step) => Rounds(step)
        ? Product(x, Of(layer, "weight"), step, mm) * alpha + Of(layer, "bias")
        : addmm(Of(layer, "bias"), x, Of(layer, "weight"), beta: 1, alpha);

    /// <summary>A product of float tensors, with factors that are rounded to bf16 where that was asked for.</summary>
    private Tensor Product(Tensor a, Tensor b, StepSettings? step, Func<Tensor, Tensor, Tensor> multiply) => Rounds(step)
        ? multiply(a.to(ScalarType.BFloat16), b.to(ScalarType.BFloat16)).to(ScalarType.Float32)
        : multiply(a, b);

    /// <summary>Only in training: what is held out is scored as the model will.</summary>
    private bool Rounds(StepSettings? step) => bf16 && step is not null;

    private static Tensor Indices(IReadOnlyList<int> places, Tensor x) => tensor([.. places.Select(place => (long)place)], device: x.device);

    private Tensor Of(Layer layer, string parameter) => parameters[$"{layer.Name}.{parameter}"];

    /// <summary>Layers are numbered depth first: the same for every engine.</summary>
    private void Number(IEnumerable<Layer> layers)
    {
        foreach (Layer layer in layers)
        {
            names.Add(layer.Name);
            if (layer is Residual residual) Number(residual.Block);
        }
    }
}
