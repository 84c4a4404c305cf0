using System.Collections.Immutable;
using System.Globalization;
using Microsoft.ML.NeuralNetworks.Safetensors;

namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>All that is needed to continue a run, as named tensors and named texts. Plain data: no type, assembly or path names.</summary>
internal sealed class Checkpoint
{
    private readonly ImmutableSortedDictionary<string, string> texts;
    private readonly ImmutableSortedDictionary<string, Tensor> tensors;
    private readonly string source;

    private Checkpoint(ImmutableSortedDictionary<string, string> texts, ImmutableSortedDictionary<string, Tensor> tensors, string source)
    {
        this.texts = texts;
        this.tensors = tensors;
        this.source = source;
    }

    /// <summary>Completed optimizer steps.</summary>
    public required long Step { get; init; }

    /// <summary>The validation loss, lower is better; null where none was measured.</summary>
    public double? Score { get; init; }

    /// <summary>The names of its texts.</summary>
    public IEnumerable<string> TextNames => texts.Keys;

    /// <summary>Its tensors, by name.</summary>
    public IEnumerable<Tensor> Tensors => tensors.Values;

    /// <summary>A text.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public string Text(string name) =>
        texts.GetValueOrDefault(name) ?? throw new InvalidDataException($"'{source}' has no text '{name}', which a checkpoint of this run must have.");

    /// <summary>A text; null if there is none of that name.</summary>
    public string? TextOrNull(string name) => texts.GetValueOrDefault(name);

    /// <summary>A number, to the last bit.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or it is not a number.</exception>
    public double Number(string name) => double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        ? number
        : throw new InvalidDataException($"'{source}' has the text '{Text(name)}' as '{name}', which must be a number.");

    /// <summary>A whole number.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or it is not a whole number.</exception>
    public long Integer(string name) => long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw new InvalidDataException($"'{source}' has the text '{Text(name)}' as '{name}', which must be a whole number.");

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool HasTensor(string name) => tensors.ContainsKey(name);

    /// <summary>Copies a tensor's values.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or its type or its number of values is another.</exception>
    public void CopyTensor<T>(string name, Span<T> target) where T : unmanaged
    {
        ReadOnlySpan<T> values = Tensor<T>(name);
        if (values.Length != target.Length)
            throw new InvalidDataException($"'{source}' has {values.Length} values in tensor '{name}', which must have {target.Length}.");
        values.CopyTo(target);
    }

    /// <summary>A tensor's values.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or its type is another.</exception>
    public ReadOnlySpan<T> Tensor<T>(string name) where T : unmanaged
    {
        if (!tensors.TryGetValue(name, out Tensor? tensor)) throw new InvalidDataException($"'{source}' has no tensor '{name}', which a checkpoint of this run must have.");
        if (tensor.Type != TensorTypes.Of<T>()) throw new InvalidDataException($"'{source}' has tensor '{name}' as {tensor.Type}, which must be {TensorTypes.Of<T>()}.");
        return tensor.Values<T>();
    }

    /// <summary>Collects the parts of a checkpoint.</summary>
    internal sealed class Builder
    {
        private readonly ImmutableSortedDictionary<string, string>.Builder texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        private readonly ImmutableSortedDictionary<string, Tensor>.Builder tensors = ImmutableSortedDictionary.CreateBuilder<string, Tensor>(StringComparer.Ordinal);

        /// <summary>Adds a text.</summary>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Add(string name, string text)
        {
            ArgumentException.ThrowIfNullOrEmpty(name);
            texts.Add(name, text);
            return this;
        }

        /// <summary>Adds a number; it is read back to the last bit.</summary>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Add(string name, double number) => Add(name, number.ToString("R", CultureInfo.InvariantCulture));

        /// <summary>Adds a whole number.</summary>
        /// <exception cref="ArgumentException">The name is taken.</exception>
        public Builder Add(string name, long number) => Add(name, number.ToString(CultureInfo.InvariantCulture));

        /// <summary>Adds a tensor without copying it: the values must not change until the checkpoint is written.</summary>
        /// <param name="name">The name.</param>
        /// <param name="values">The values, row-major.</param>
        /// <param name="shape">The dimensions; without them, one dimension of all values.</param>
        /// <exception cref="ArgumentException">The name is taken or reserved, or the shape does not fit.</exception>
        public Builder Add<T>(string name, ReadOnlyMemory<T> values, params ReadOnlySpan<long> shape) where T : unmanaged =>
            Add(NeuralNetworks.Safetensors.Tensor.Of(name, values, shape));

        /// <summary>Adds a tensor.</summary>
        /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
        public Builder Add(Tensor tensor)
        {
            if (tensor.Name.StartsWith(CheckpointFile.TextTensorPrefix, StringComparison.Ordinal))
                throw new ArgumentException($"name must not start with '{CheckpointFile.TextTensorPrefix}' but was '{tensor.Name}'. Long texts are stored under that name.", nameof(tensor));
            tensors.Add(tensor.Name, tensor);
            return this;
        }

        /// <summary>The checkpoint; <paramref name="source"/> names it in messages.</summary>
        public Checkpoint Build(long step, double? score = null, string source = "checkpoint") =>
            new(texts.ToImmutable(), tensors.ToImmutable(), source) { Step = step, Score = score };
    }
}
