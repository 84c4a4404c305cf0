using System.Collections.Immutable;

namespace Microsoft.ML.TrainerSearch;

/// <summary>A trial as it stood when it was read.</summary>
public sealed class TrialRecord
{
    internal TrialRecord(TrialRow row, Configuration configuration) => (Row, Configuration) = (row, configuration);

    internal TrialRow Row { get; }

    /// <summary>The number within the study, from 0.</summary>
    public int Number => Row.Number;

    /// <summary>Where the trial stands.</summary>
    public TrialState State => Row.State;

    /// <summary>What was tried.</summary>
    public Configuration Configuration { get; }

    /// <summary>Who proposed it.</summary>
    public string Origin => Row.Origin;

    /// <summary>The final value; null before the end.</summary>
    public double? Value => Row.Value;

    /// <summary>What it reported, by step.</summary>
    public ImmutableArray<TrialReport> Reports => Row.Reports;

    /// <summary>Steps (usually epochs) trained and checkpointed.</summary>
    public int Reached => Row.Reached;

    /// <summary>Steps trained in all, decay branches included: what the trial has cost.</summary>
    public int Spent => Row.Spent;

    /// <summary>Why it failed.</summary>
    public string? Error => Row.Error;

    /// <summary>From first claim to end, waiting included.</summary>
    public TimeSpan Duration => TimeSpan.FromTicks(Math.Max(0, Row.Ended - Row.Started));

    /// <summary>The last step with a report, 0 without one.</summary>
    public int LastStep => Reports.IsEmpty ? 0 : Reports[^1].Step;

    /// <summary>The value with which the trial compares at <paramref name="step"/>: the judged one if there is one, else the reported one; null without either.</summary>
    public double? ValueAt(int step)
    {
        for (int i = Reports.Length - 1; i >= 0 && Reports[i].Step >= step; i--)
            if (Reports[i].Step == step) return Reports[i].Value; // Judged reports sort after plain ones of the same step.
        return null;
    }

    internal bool IsJudgedAt(int step) => Reports.Any(report => report.Step == step && report.IsJudged);

    /// <inheritdoc/>
    public override string ToString() => $"trial {Number} {State}: {Configuration}";
}
