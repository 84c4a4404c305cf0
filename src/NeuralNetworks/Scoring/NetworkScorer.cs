using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Kernels;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// Computes predictions of a fitted network. It owns the buffers that this takes and so serves one thread at a time; make one per
/// cursor. Nothing is allocated per row or batch. A row's prediction has the same bits in every batch (of a module of the application's
/// own: as its code has it).
/// </summary>
internal sealed class NetworkScorer
{
    /// <summary>Rows that go through the layers together: their activations stay in the nearest cache.</summary>
    public const int ChunkRows = 128;

    private readonly ImmutableArray<ForwardPass> passes;
    private readonly OutputTransform transform;
    private readonly bool readsInPlace;
    private readonly float[] raw, full;
    private readonly int averaged;
    private Buffers single;
    private Buffers chunk;

    public NetworkScorer(FittedNetwork network)
    {
        passes = network.Passes;
        transform = network.Output;
        Inputs = network.Network.Inputs;
        Predictions = network.Predictions;
        NetworkOutputs = network.Network.Outputs;
        readsInPlace = passes[0].Steps is [InputStep, ..];
        full = readsInPlace ? [] : new float[Inputs];
        raw = new float[passes.Length * NetworkOutputs];
        averaged = passes.Length * network.Network.Members;
        single = new Buffers(passes, 1);
    }

    /// <summary>Numbers per row in.</summary>
    public int Inputs { get; }

    /// <summary>Numbers per prediction.</summary>
    public int Predictions { get; }

    /// <summary>Raw numbers that each network gives per row, those of all its members.</summary>
    private int NetworkOutputs { get; }

    /// <summary>One row of <see cref="Inputs"/> numbers.</summary>
    public void Score(ReadOnlySpan<float> row, Span<float> prediction)
    {
        // The kernels have bare pointers: what is too short must not reach them.
        if (row.Length != Inputs) throw new ArgumentException($"row must have {Inputs} numbers but had {row.Length}.", nameof(row));
        if (!readsInPlace) single.Load(row, Inputs, 1);
        for (int member = 0; member < passes.Length; member++)
            single.Run(passes[member], row, 1)[..NetworkOutputs].CopyTo(raw.AsSpan(member * NetworkOutputs));
        transform.Apply(raw, averaged, prediction[..Predictions]);
    }

    /// <summary>Many rows, one after the other without gaps.</summary>
    public void Score(ReadOnlySpan<float> rows, int count, Span<float> predictions)
    {
        if (chunk.IsEmpty) chunk = new Buffers(passes, ChunkRows);
        for (int start = 0; start < count; start += ChunkRows)
        {
            int taken = Math.Min(ChunkRows, count - start);
            // The next chunk comes from memory while this one is computed.
            if (start + taken < count) Rows.Prefetch(rows.Slice((start + taken) * Inputs, Math.Min(ChunkRows, count - start - taken) * Inputs));
            ScoreChunk(rows.Slice(start * Inputs, taken * Inputs), taken, predictions.Slice(start * Predictions, taken * Predictions));
        }
    }

    /// <summary>One row, of which only some numbers are not zero.</summary>
    public void ScoreSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> prediction)
    {
        if (!readsInPlace)
        {
            full.AsSpan().Clear();
            for (int i = 0; i < indices.Length; i++) full[indices[i]] = values[i];
            Score(full, prediction);
            return;
        }
        for (int member = 0; member < passes.Length; member++)
            single.RunSparse(passes[member], indices, values)[..NetworkOutputs].CopyTo(raw.AsSpan(member * NetworkOutputs));
        transform.Apply(raw, averaged, prediction[..Predictions]);
    }

    private void ScoreChunk(ReadOnlySpan<float> rows, int count, Span<float> predictions)
    {
        if (!readsInPlace) chunk.Load(rows, Inputs, count);
        Span<float> outputs = passes.Length == 1 ? chunk.Run(passes[0], rows, count) : SideBySide(rows, count);
        int stride = passes.Length == 1 ? ForwardStep.Stride(NetworkOutputs) : raw.Length;
        transform.Apply(outputs, stride, averaged, predictions, count);
    }

    /// <summary>The outputs of all networks for a row, then those for the next.</summary>
    private Span<float> SideBySide(ReadOnlySpan<float> rows, int count)
    {
        int stride = ForwardStep.Stride(NetworkOutputs);
        Span<float> gathered = chunk.Raw;
        for (int member = 0; member < passes.Length; member++)
        {
            ReadOnlySpan<float> outputs = chunk.Run(passes[member], rows, count);
            for (int row = 0; row < count; row++)
                outputs.Slice(row * stride, NetworkOutputs).CopyTo(gathered[(row * raw.Length + member * NetworkOutputs)..]);
        }
        return gathered;
    }

    private readonly struct Buffers
    {
        private readonly Memory<float> input, first, second, scratch, raw;

        public Buffers(ImmutableArray<ForwardPass> passes, int rows)
        {
            int width = passes.Max(pass => pass.Width);
            input = AlignedMemory.Allocate<float>(rows * ForwardStep.Stride(passes[0].Inputs));
            first = AlignedMemory.Allocate<float>(rows * width);
            second = AlignedMemory.Allocate<float>(rows * width);
            scratch = AlignedMemory.Allocate<float>(rows * passes.Max(pass => pass.ScratchPerRow));
            raw = AlignedMemory.Allocate<float>(rows * passes.Length * passes[0].Outputs);
        }

        public bool IsEmpty => input.IsEmpty;

        public Span<float> Raw => raw.Span;

        /// <summary>Copies rows to strides, for networks whose first step cannot read them in place.</summary>
        public void Load(ReadOnlySpan<float> rows, int width, int count)
        {
            Span<float> target = input.Span;
            int stride = ForwardStep.Stride(width);
            for (int row = 0; row < count; row++) rows.Slice(row * width, width).CopyTo(target[(row * stride)..]);
        }

        public Span<float> Run(ForwardPass pass, ReadOnlySpan<float> rows, int count)
        {
            if (pass.Steps.IsEmpty) return input.Span;
            if (pass.Steps[0] is InputStep step) step.Run(rows, pass.Inputs, first.Span, count, scratch.Span);
            else pass.Steps[0].Run(input.Span, first.Span, count, scratch.Span);
            return pass.Run(1, first.Span, second.Span, count, scratch.Span);
        }

        public Span<float> RunSparse(ForwardPass pass, ReadOnlySpan<int> indices, ReadOnlySpan<float> values)
        {
            ((InputStep)pass.Steps[0]).RunSparse(indices, values, first.Span);
            return pass.Run(1, first.Span, second.Span, 1, scratch.Span);
        }
    }
}
