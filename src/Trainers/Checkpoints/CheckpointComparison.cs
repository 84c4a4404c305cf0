namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>Says whether a run may continue from a checkpoint.</summary>
internal static class CheckpointComparison
{
    private const int Shown = 60;

    /// <summary>Compares each part of the run, in the given order, with what the checkpoint has as text under the same name.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="run">The parts of the run that must not change, each with a text that describes it completely.</param>
    /// <exception cref="CheckpointMismatchException">A part differs, or the checkpoint has none of that name.</exception>
    public static void RequireSameRun(Checkpoint checkpoint, IEnumerable<KeyValuePair<string, string>> run)
    {
        foreach ((string what, string now) in run)
        {
            string? then = checkpoint.TextOrNull(what);
            if (then == now) continue;
            throw new CheckpointMismatchException(what, then is null
                ? $"The run must be the one of the checkpoint, but the checkpoint of step {checkpoint.Step} says nothing about its {what}. It comes from a run without one."
                : $"The {what} must be the one of the checkpoint of step {checkpoint.Step}, {Excerpts(then, now)}. Restore it, or start a new run.");
        }
    }

    private static string Excerpts(string then, string now)
    {
        if (then.Length <= 2 * Shown && now.Length <= 2 * Shown) return $"'{then}', but was '{now}'";
        int difference = then.AsSpan().CommonPrefixLength(now);
        return $"'{Excerpt(then, difference)}', but was '{Excerpt(now, difference)}' (at character {difference})";
    }

    private static string Excerpt(string text, int place)
    {
        int start = Math.Max(0, place - Shown / 2), end = Math.Min(text.Length, place + Shown);
        return $"{(start > 0 ? "..." : "")}{text[start..end]}{(end < text.Length ? "..." : "")}";
    }
}
