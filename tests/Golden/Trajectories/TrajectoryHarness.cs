namespace Golden.Trajectories;

/// <summary>Replays optimizer trajectories.</summary>
public static class TrajectoryHarness
{
    /// <summary>Compares every file that names an optimizer.</summary>
    public static GoldenReport Run(IReadOnlyList<GoldenFile> files) => new("trajectories",
        [.. files.Where(file => file.Optimizer is not null).Select(file => new GoldenResult(file.Path, file.Optimizer!, GoldenOutcome.NotImplemented, "no optimizers yet"))]);
}
