namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Who watches a run: the two ways to cancel it, and those who are told of its progress.</summary>
internal sealed class RunWatcher(CancellationToken cancellation, Action checkAlive, IReadOnlyList<Action<TrainingProgress>> listeners, Action<string> say)
{
    /// <exception cref="OperationCanceledException">The token or the host asks to stop.</exception>
    public void CheckAlive()
    {
        cancellation.ThrowIfCancellationRequested();
        checkAlive();
    }

    /// <summary>A remark for the log.</summary>
    public void Say(string remark) => say(remark);

    public void Report(TrainingProgress progress)
    {
        foreach (Action<TrainingProgress> listener in listeners) listener(progress);
    }
}
