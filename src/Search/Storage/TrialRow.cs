using System.Collections.Immutable;

namespace Microsoft.ML.TrainerSearch;

/// <summary>Where a trial stands.</summary>
public enum TrialState
{
    /// <summary>In the queue: never started, or returned by a worker that died.</summary>
    Waiting,

    /// <summary>A worker has claimed it.</summary>
    Running,

    /// <summary>It reached a rung, left a checkpoint and waits to be promoted; its value so far counts.</summary>
    Paused,

    /// <summary>It ran to its end.</summary>
    Complete,

    /// <summary>It was stopped for good because others were better.</summary>
    Pruned,

    /// <summary>It threw.</summary>
    Failed,
}

/// <summary>A value that a trial reported while it ran.</summary>
/// <param name="Step">Steps trained so far, usually epochs.</param>
/// <param name="Value">The metric there; NaN is kept and never best.</param>
/// <param name="Rate">The learning rate there, if reported.</param>
/// <param name="IsJudged">True if the value comes from a short decay branch forked at this step and so compares fully annealed weights.</param>
public readonly record struct TrialReport(int Step, double Value, double? Rate = null, bool IsJudged = false);

/// <summary>A trial as a storage keeps it: primitive values only, all exact.</summary>
public sealed record TrialRow
{
    /// <summary>The number within the study, from 0.</summary>
    public required int Number { get; init; }

    /// <summary>Where the trial stands.</summary>
    public required TrialState State { get; init; }

    /// <summary>The configuration in text form.</summary>
    public required string Configuration { get; init; }

    /// <summary>Who proposed it: a sampler's word such as <c>start</c>, <c>tpe</c> or <c>cma 3</c>.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Trials are compared by pruners only within one pool; empty for annealed values, which all compare.</summary>
    public string Pool { get; init; } = "";

    /// <summary>The final value, null before the end.</summary>
    public double? Value { get; init; }

    /// <summary>Steps trained and checkpointed.</summary>
    public int Reached { get; init; }

    /// <summary>Steps trained in all, repeated ones and decay branches included: what the trial has cost.</summary>
    public int Spent { get; init; }

    /// <summary>The step to which the present claim goes.</summary>
    public int Target { get; init; }

    /// <summary>Where to continue: the text that the objective gave with its last checkpoint.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>The worker that claims it or ended it: <c>host:process:start</c>.</summary>
    public string? Worker { get; init; }

    /// <summary>How often it was claimed.</summary>
    public int Attempt { get; init; }

    /// <summary>When its worker last showed life, in ticks of UTC.</summary>
    public long Heartbeat { get; init; }

    /// <summary>When it was first claimed, in ticks of UTC.</summary>
    public long Started { get; init; }

    /// <summary>When it ended, in ticks of UTC; 0 before.</summary>
    public long Ended { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>What it reported, by step.</summary>
    public ImmutableArray<TrialReport> Reports { get; init; } = [];

    /// <summary>With one more report, replacing the one of the same step and kind; a judged report follows the plain one.</summary>
    internal TrialRow With(TrialReport report)
    {
        int at = Reports.Length;
        while (at > 0 && Order(Reports[at - 1]).CompareTo(Order(report)) >= 0) at--;
        bool replaces = at < Reports.Length && Order(Reports[at]) == Order(report);
        return this with { Reports = replaces ? Reports.SetItem(at, report) : Reports.Insert(at, report) };

        static (int, bool) Order(TrialReport report) => (report.Step, report.IsJudged);
    }

    /// <summary>Without the reports after <paramref name="step"/>.</summary>
    internal TrialRow WithoutReportsAfter(int step) => this with { Reports = Reports.RemoveAll(report => report.Step > step) };
}
