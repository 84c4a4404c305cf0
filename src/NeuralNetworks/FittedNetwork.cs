using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Onnx;
using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.NeuralNetworks.Serialization;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// A trained network: its shape, its weights, and how its outputs become predictions. It may hold several networks of one shape, whose
/// predictions are averaged. Immutable and thread-safe.
/// </summary>
public sealed class FittedNetwork
{
    private readonly ImmutableArray<float[]> members;
    private readonly byte[] history;
    private readonly Lazy<ImmutableArray<ForwardPass>> passes;

    /// <summary>Copies the weights.</summary>
    /// <param name="network">The shape.</param>
    /// <param name="members">Flat buffers of the network's layout, one per network; at least one.</param>
    /// <param name="output">How outputs become predictions.</param>
    /// <param name="history">What the trainer wants to keep about the training, in its own format. May be empty.</param>
    /// <param name="metadata">Short facts to keep, such as the optimizer's text. May be null.</param>
    /// <exception cref="ArgumentException">A buffer has the wrong length or a value that is not finite, or the transform does not fit.</exception>
    internal FittedNetwork(
        Network network,
        IReadOnlyList<ReadOnlyMemory<float>> members,
        OutputTransform output,
        ReadOnlySpan<byte> history = default,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(output);
        if (members.Count == 0) throw new ArgumentException("members must not be empty. Give the weights of at least one network.", nameof(members));
        Network = network;
        Output = output;
        Predictions = output.Predictions(network.Outputs / network.Members);
        this.members = [.. members.Select(weights => Checked(network, weights.Span))];
        this.history = history.ToArray();
        Metadata = metadata is null
            ? ImmutableSortedDictionary<string, string>.Empty
            : metadata.ToImmutableSortedDictionary(StringComparer.Ordinal);
        passes = new(() => [.. this.members.Select(weights => new ForwardPass(network, weights))]);
    }

    /// <summary>One network.</summary>
    internal FittedNetwork(Network network, ReadOnlyMemory<float> weights, OutputTransform output, ReadOnlySpan<byte> history = default, IReadOnlyDictionary<string, string>? metadata = null)
        : this(network, [weights], output, history, metadata) { }

    /// <summary>The same networks whose outputs become predictions in another way.</summary>
    internal FittedNetwork WithOutput(OutputTransform output) => new(Network, [.. members.Select(weights => (ReadOnlyMemory<float>)weights)], output, history, Metadata);

    /// <summary>The layers and where their parameters lie.</summary>
    public Network Network { get; }

    /// <summary>How raw outputs become predictions.</summary>
    public OutputTransform Output { get; }

    /// <summary>Numbers per prediction.</summary>
    public int Predictions { get; }

    /// <summary>How many networks are averaged; 1 for a single one.</summary>
    public int Members => members.Length;

    /// <summary>Facts about the training as text, by name.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>What the trainer kept about the training, in its own format.</summary>
    internal ReadOnlySpan<byte> History => history;

    internal ImmutableArray<ForwardPass> Passes => passes.Value;

    /// <summary>Whether a layer is a module of the application's own.</summary>
    internal bool HasOwnModule => Network.Layers.Any(layer => layer is OwnModule);

    /// <summary>The weights of one network: a flat buffer of <see cref="Network.Layout"/>.</summary>
    /// <param name="member">From 0 to <see cref="Members"/> - 1.</param>
    public ReadOnlySpan<float> Weights(int member = 0) => members[member];

    internal ReadOnlyMemory<float> WeightsMemory(int member) => members[member];

    /// <summary>Gives up what modules of the application's own hold outside of .NET memory; scoring makes it again.</summary>
    internal void Release()
    {
        if (!passes.IsValueCreated) return;
        foreach (ForwardPass pass in passes.Value)
            foreach (ModuleStep step in pass.Steps.OfType<ModuleStep>())
                step.Release();
    }

    /// <summary>The values of one parameter, row-major.</summary>
    /// <param name="name">Such as <c>layers.0.weight</c>.</param>
    /// <param name="member">From 0 to <see cref="Members"/> - 1.</param>
    /// <exception cref="KeyNotFoundException">There is no parameter of that name.</exception>
    public ReadOnlySpan<float> Parameter(string name, int member = 0) => Network.Layout[name].In(Weights(member));

    /// <summary>
    /// Predicts many rows at once, about twice as fast per row as one by one, and with the same bits. No ML.NET pipeline is involved:
    /// the rows are what it would have put into the feature column.
    /// </summary>
    /// <param name="rows">Rows one after the other, without gaps: a multiple of the network's inputs.</param>
    /// <param name="predictions">Room for <see cref="Predictions"/> numbers per row.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Predict(ReadOnlySpan<float> rows, Span<float> predictions)
    {
        int count = rows.Length / Network.Inputs;
        if (rows.Length % Network.Inputs != 0)
            throw new ArgumentException($"rows must hold a multiple of {Network.Inputs} numbers but held {rows.Length}. Put whole rows one after the other.", nameof(rows));
        if (predictions.Length != (long)count * Predictions)
            throw new ArgumentException($"predictions must have room for {(long)count * Predictions} numbers, {Predictions} for each of {count} rows, but had {predictions.Length}.", nameof(predictions));
        new NetworkScorer(this).Score(rows, count, predictions);
    }

    /// <summary>The layers with their shapes and numbers of parameters, as a table for people.</summary>
    public string Summary() => NetworkSummary.Write(this);

    /// <summary>
    /// Writes the network as an ONNX file (IR version 7, operator set 13): input <c>Features</c>, float [N, inputs]; output <c>Score</c>,
    /// float [N, predictions], equal to ML.NET's Score column to about 1e-5; for binary classification also <c>Probability</c>.
    /// </summary>
    /// <param name="path">The file; one that exists is replaced, whole.</param>
    /// <exception cref="NotSupportedException">The network is a module of the application's own, whose code is not known here.</exception>
    public void SaveOnnx(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WholeFile.Write(path, OnnxFile.Write(this));
    }

    /// <summary>
    /// Writes the weights as a safetensors file, which Python reads: each parameter and buffer under its name, in 32-bit floats. With
    /// several networks the names start with the number of theirs: <c>0.layers.0.weight</c>. A linear layer's weight is inputs x outputs,
    /// the transpose of PyTorch's; the tensors of a module of the application's own are as that has them. The metadata entry <c>network</c> describes the layers.
    /// </summary>
    /// <param name="path">The file; one that exists is replaced, whole.</param>
    public void SaveWeights(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var tensors = new List<Tensor>();
        for (int member = 0; member < Members; member++)
            tensors.AddRange(ModuleFile.Tensors(this, member, Members == 1 ? "" : $"{member}."));
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new("network", NetworkJson.Write(Network))], tensors);
        WholeFile.Write(path, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static float[] Checked(Network network, ReadOnlySpan<float> weights)
    {
        if (weights.Length != network.Layout.Length)
            throw new ArgumentException($"members must hold {network.Layout.Length} values each, the length of the network's layout, but one held {weights.Length}. Use buffers of that layout.", nameof(members));
        float[] copy = new float[weights.Length];
        foreach (ParameterSlot slot in network.Layout)
        {
            ReadOnlySpan<float> values = slot.In(weights);
            for (int i = 0; i < values.Length; i++)
                if (!float.IsFinite(values[i]))
                    throw new ArgumentException(Checks.Invariant($"Parameter '{slot.Spec.Name}' must be finite but value {i} was {values[i]}. Training diverged, or the file is damaged."), nameof(members));
            values.CopyTo(slot.In(copy.AsSpan()));
        }
        return copy;
    }
}
