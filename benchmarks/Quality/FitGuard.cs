namespace MlNetLr.Benchmarks.Quality;

/// <summary>Runs one piece of work on a thread of its own: whatever it throws and however long it takes, the caller goes on.</summary>
/// <param name="limit">How long the work may take.</param>
/// <param name="patience">How long it may take to stop when it is asked to.</param>
internal sealed class FitGuard(TimeSpan limit, TimeSpan patience)
{
    /// <summary>What the work gave, or why it gave nothing.</summary>
    /// <param name="stop">Asks the work to stop. Work that does not is left behind on its background thread, which does not keep the process.</param>
    public Guarded<T> Run<T>(Func<T> work, Action stop)
    {
        T? result = default;
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            // Of any kind: an exception that leaves a thread ends the process.
            catch (Exception caught)
            {
                fault = caught;
            }
        }) { IsBackground = true };
        thread.Start();
        if (!thread.Join(limit))
        {
            stop();
            return new Guarded<T>(default, $"stopped after {limit.TotalSeconds:0.###} s") { WasStopped = true, RunsOn = !thread.Join(patience) };
        }
        return fault is null ? new Guarded<T>(result, null) : new Guarded<T>(default, $"failed: {Reason(fault)}");
    }

    /// <summary>The innermost message in one line: those around it say only where it passed by.</summary>
    private static string Reason(Exception fault)
    {
        while (fault is AggregateException or System.Reflection.TargetInvocationException or TypeInitializationException && fault.InnerException is { } inner) fault = inner;
        string line = string.Join(' ', fault.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 0 ? line : fault.GetType().Name;
    }
}

/// <summary>What guarded work gave, or in one line why it gave nothing.</summary>
internal sealed record Guarded<T>(T? Result, string? Failure)
{
    /// <summary>It took longer than the limit.</summary>
    public bool WasStopped { get; init; }

    /// <summary>It did not stop when it was asked to, and takes time from what comes after it.</summary>
    public bool RunsOn { get; init; }
}
