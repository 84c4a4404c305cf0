using System.Collections;

namespace Microsoft.ML.LrSchedules;

/// <summary>The steps of a run as a list that computes them.</summary>
internal sealed class SchedulePoints(BoundSchedule bound) : IReadOnlyList<SchedulePoint>
{
    private readonly long _stepsPerEpoch = bound.Plan.StepsPerEpoch;

    public int Count { get; } = checked((int)bound.Plan.TotalSteps);

    public SchedulePoint this[int index] => (uint)index < (uint)Count
        ? At(index)
        : throw Guard.Out(nameof(index), $"between 0 and {Count - 1}", index, "The list has one point for each step of the run.");

    public IEnumerator<SchedulePoint> GetEnumerator()
    {
        for (int step = 0; step < Count; step++)
            yield return At(step);
    }

    private SchedulePoint At(int step) => new(step, (double)step / _stepsPerEpoch, bound.FactorAt(step));

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
