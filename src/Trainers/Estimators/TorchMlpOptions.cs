using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Options of <c>TorchMlp</c>: a multilayer perceptron. Its parameters are <c>layers.0.weight</c>, <c>layers.0.bias</c>, ... for the
/// hidden layers (<c>.norm.weight</c>, <c>.norm.bias</c>, <c>.activation.blend</c> where there are any) and <c>output.weight</c>, <c>output.bias</c>;
/// in front of them, where asked for, <c>categories.tables.0</c>, ... and <c>encoding.*</c>.
/// </summary>
public sealed class TorchMlpOptions : NetworkOptions
{
    /// <summary>Units of each hidden layer, from 1 to 16,777,216. Default 128, 128. Empty: a linear model.</summary>
    public IReadOnlyList<int> HiddenLayers { get; set => field = Require.Units(value); } = [128, 128];

    /// <summary>The function after each hidden layer. Default ReLU.</summary>
    public ActivationFunction Activation { get; set => field = Require.Defined(value); } = ActivationFunction.Relu;

    /// <summary>
    /// Whether each hidden unit learns how much of the activation it uses: y = x + (f(x) - x) blend, with blend 1 at the start (Holzmueller,
    /// Grinsztajn and Steinwart 2024, arXiv:2407.04491). Default false.
    /// </summary>
    public bool ParametricActivation { get; set; }

    /// <summary>The first weights. Default <see cref="WeightInitialization.Kaiming"/>.</summary>
    public WeightInitialization Initialization { get; set => field = Require.Defined(value); }

    /// <summary>
    /// The part of each hidden layer's units that is dropped in each training step, at least 0 and below 1. Default 0. It may follow
    /// <see cref="TrainingOptions.DropoutSchedule"/>.
    /// </summary>
    public double Dropout { get; set => field = Require.Fraction(value, "0.1 to 0.5 are usual."); }

    /// <summary>What each hidden layer's units are normalised by, before the activation. Default none.</summary>
    public Normalization Normalization { get; set => field = Enum.IsDefined(value) ? value : throw Require.Error(nameof(Normalization), "None, Batch or Layer", value, "Use Normalization.None."); }

    /// <summary>
    /// Whether a hidden layer as wide as the one before it adds its result to its input: y = x + layer(x). Default false.
    /// Its parameters keep their names.
    /// </summary>
    public bool Residual { get; set; }

    internal override WeightInitialization FirstWeights => Initialization;

    internal override Network BuildNetwork(int inputs, int outputs)
    {
        var layers = new List<Layer>();
        int width = inputs;
        for (int i = 0; i < HiddenLayers.Count; i++)
        {
            List<Layer> hidden = [.. HiddenLayer($"layers.{i}", width, HiddenLayers[i])];
            if (Residual && width == HiddenLayers[i]) layers.Add(new NeuralNetworks.Layers.Residual($"layers.{i}", hidden));
            else layers.AddRange(hidden);
            width = HiddenLayers[i];
        }
        layers.Add(new Dense("output", width, outputs));
        return new Network(layers);
    }

    private IEnumerable<Layer> HiddenLayer(string name, int inputs, int units)
    {
        yield return new Dense(name, inputs, units);
        if (Normalization == Normalization.Batch) yield return new BatchNorm($"{name}.norm", units);
        if (Normalization == Normalization.Layer) yield return new LayerNorm($"{name}.norm", units);
        yield return ParametricActivation
            ? new NeuralNetworks.Layers.ParametricActivation($"{name}.activation", units, Activation)
            : new NeuralNetworks.Layers.Activation($"{name}.activation", units, Activation);
        if (Dropout > 0) yield return new NeuralNetworks.Layers.Dropout($"{name}.dropout", units, (float)Dropout);
    }
}

/// <summary>What the units of a hidden layer are normalised by.</summary>
public enum Normalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Mean and variance of each unit over the batch; in scoring those of training (Ioffe and Szegedy 2015, arXiv:1502.03167).</summary>
    Batch,

    /// <summary>Mean and variance over the units of each row (Ba, Kiros and Hinton 2016, arXiv:1607.06450).</summary>
    Layer,
}
