namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// Who watches a run: the two ways to cancel it, and those who are told of its progress. The runs of several members share it: what belongs to the user
/// is called by one of them at a time.
/// </summary>
internal sealed class RunWatcher(CancellationToken cancellation, Action checkAlive, IReadOnlyList<Action<TrainingProgress>> listeners, Action<string> say)
{
    private Lock gate = new();
    private string run = "";

    /// <summary>For one run of several, which says in its reports which it is.</summary>
    public RunWatcher For(string run) => new(cancellation, checkAlive, listeners, say) { gate = gate, run = run };

    /// <exception cref="OperationCanceledException">The token or the host asks to stop.</exception>
    public void CheckAlive()
    {
        cancellation.ThrowIfCancellationRequested();
        checkAlive();
    }

    /// <summary>A remark for the log.</summary>
    public void Say(string remark)
    {
        lock (gate) say(remark);
    }

    /// <summary>Tells of the end of an epoch.</summary>
    /// <returns>Whether <paramref name="stopWhen"/> says that the run ends there.</returns>
    public bool Report(TrainingProgress progress, Func<TrainingProgress, bool>? stopWhen)
    {
        if (run.Length > 0) progress = progress with { Run = run };
        lock (gate)
        {
            foreach (Action<TrainingProgress> listener in listeners) listener(progress);
            return stopWhen?.Invoke(progress) == true;
        }
    }
}
