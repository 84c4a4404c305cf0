using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// Computes predictions of a fitted network. It owns the buffers that this takes and so serves one thread at a time; make one per
/// cursor. Nothing is allocated per row or batch. A row's prediction has the same bits in every batch (of a module of the application's
/// own: as its code has it).
/// </summary>
internal sealed class NetworkScorer
{
    /// <summary>Rows that go through the layers together: their activations stay in the nearest cache.</summary>
    public const int ChunkRows = 64;

    private readonly ImmutableArray<ForwardPass> passes;
    private readonly OutputTransform transform;
    private readonly SparseStep? sparse;
    private readonly float[] raw;
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
        sparse = passes[0].Steps is [SparseStep first, ..] ? first : null;
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
        row.CopyTo(single.Input);
        ScoreInput(prediction);
    }

    /// <summary>Many rows, one after the other without gaps.</summary>
    public void Score(ReadOnlySpan<float> rows, int count, Span<float> predictions)
    {
        if (chunk.IsEmpty) chunk = new Buffers(passes, ChunkRows);
        for (int start = 0; start < count; start += ChunkRows)
        {
            int taken = Math.Min(ChunkRows, count - start);
            int stride = ForwardStep.Stride(Inputs);
            for (int row = 0; row < taken; row++)
                rows.Slice((start + row) * Inputs, Inputs).CopyTo(chunk.Input[(row * stride)..]);
            ScoreChunk(taken, predictions.Slice(start * Predictions, taken * Predictions));
        }
    }

    private void ScoreInput(Span<float> prediction)
    {
        for (int member = 0; member < passes.Length; member++)
            single.Run(passes[member], 1)[..NetworkOutputs].CopyTo(raw.AsSpan(member * NetworkOutputs));
        transform.Apply(raw, averaged, prediction[..Predictions]);
    }

    /// <summary>One row, of which only some numbers are not zero.</summary>
    public void ScoreSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> prediction)
    {
        if (sparse is not null)
        {
            ScoreFromFirst(indices, values, prediction);
            return;
        }
        Span<float> input = single.Input;
        input.Clear();
        for (int i = 0; i < indices.Length; i++) input[indices[i]] = values[i];
        ScoreInput(prediction);
    }

    private void ScoreFromFirst(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> prediction)
    {
        for (int member = 0; member < passes.Length; member++)
        {
            ForwardPass pass = passes[member];
            ((SparseStep)pass.Steps[0]).RunSparse(indices, values, single.First);
            pass.Run(1, single.First, single.Second, 1, single.Scratch)[..NetworkOutputs].CopyTo(raw.AsSpan(member * NetworkOutputs));
        }
        transform.Apply(raw, averaged, prediction[..Predictions]);
    }

    private void ScoreChunk(int rows, Span<float> predictions)
    {
        int stride = ForwardStep.Stride(NetworkOutputs);
        Span<float> outputs = chunk.Raw;
        for (int member = 0; member < passes.Length; member++)
        {
            ReadOnlySpan<float> result = chunk.Run(passes[member], rows);
            for (int row = 0; row < rows; row++)
                result.Slice(row * stride, NetworkOutputs).CopyTo(outputs[((row * passes.Length + member) * NetworkOutputs)..]);
        }
        for (int row = 0; row < rows; row++)
            transform.Apply(outputs.Slice(row * raw.Length, raw.Length), averaged, predictions.Slice(row * Predictions, Predictions));
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

        public Span<float> Input => input.Span;

        public Span<float> First => first.Span;

        public Span<float> Second => second.Span;

        public Span<float> Scratch => scratch.Span;

        public Span<float> Raw => raw.Span;

        public ReadOnlySpan<float> Run(ForwardPass pass, int rows)
        {
            if (pass.Steps.IsEmpty) return Input;
            pass.Steps[0].Run(Input, First, rows, Scratch);
            return pass.Run(1, First, Second, rows, Scratch);
        }
    }
}
