namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// A run cannot continue from a checkpoint because it is not the same run: other data, network, optimizer, schedule or plan.
/// The message names the first difference. Nothing was trained and the checkpoint is as it was.
/// </summary>
public sealed class CheckpointMismatchException : InvalidOperationException
{
    internal CheckpointMismatchException(string what, string message)
        : base(message) => What = what;

    /// <summary>What differs first: <c>data</c>, <c>network</c>, <c>optimizer</c>, <c>schedule</c>, <c>plan</c> or another part of the run.</summary>
    public string What { get; }
}
