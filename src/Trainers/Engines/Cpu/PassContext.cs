namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>What every layer's pass over one block of rows needs to know.</summary>
/// <param name="Weights">The flat buffer of weights: for one pass always the same.</param>
/// <param name="Gradients">The flat buffer that this part of the batch adds up its gradient in, for one pass always the same; null where nothing goes back.</param>
/// <param name="Rows">Rows in the block.</param>
/// <param name="Numbers">The block's rows within the training data; null where they are other rows.</param>
/// <param name="FirstRow">The place of the block's first row in the step.</param>
/// <param name="Accumulate">Whether gradients are added to; otherwise they are overwritten.</param>
/// <param name="Step">The step.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="DropoutScale">What dropout rates are multiplied by.</param>
/// <param name="Training">Training or evaluation.</param>
internal readonly unsafe record struct PassContext(
    AlignedBuffer Weights, AlignedBuffer? Gradients, int Rows, nint Numbers, long FirstRow, bool Accumulate, long Step, ulong Seed, float DropoutScale, bool Training)
{
    /// <summary>Whether a backward pass follows.</summary>
    public bool GoesBack => Gradients is not null;

    public float* Weight(int offset) => Weights.Pointer + offset;

    public float* Gradient(int offset) => Gradients!.Pointer + offset;
}
