using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>The scheduled hyper-parameters of one run. Each is bound once; a lookup allocates nothing.</summary>
internal sealed class BoundValues(TrainingPlan plan)
{
    private readonly Dictionary<(double, LrSchedule), BoundValue> bound = new(ByReference.Instance);

    /// <summary>A hyper-parameter after <paramref name="step"/> completed steps.</summary>
    public double At(ScheduledValue value, long step)
    {
        if (value.Schedule is not { } schedule) return value.Value;
        if (!bound.TryGetValue((value.Value, schedule), out BoundValue? found)) found = Bind(value, schedule);
        return found.At(step);
    }

    private BoundValue Bind(ScheduledValue value, LrSchedule schedule)
    {
        lock (bound) return bound[(value.Value, schedule)] = value.Bind(plan);
    }

    /// <summary>Comparing schedules by value at every step would walk through their segments.</summary>
    private sealed class ByReference : IEqualityComparer<(double Value, LrSchedule Schedule)>
    {
        public static readonly ByReference Instance = new();

        public bool Equals((double Value, LrSchedule Schedule) a, (double Value, LrSchedule Schedule) b) =>
            a.Value.Equals(b.Value) && ReferenceEquals(a.Schedule, b.Schedule);

        public int GetHashCode((double Value, LrSchedule Schedule) pair) =>
            HashCode.Combine(pair.Value, RuntimeHelpers.GetHashCode(pair.Schedule));
    }
}
