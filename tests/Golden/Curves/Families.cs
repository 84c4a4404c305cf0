using Microsoft.ML.LrSchedules;

namespace Golden.Curves;

/// <summary>What this library computes for each family.</summary>
internal static class Families
{
    /// <summary>The series of a curve, or null for an unknown family.</summary>
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve) => curve.Family.Split('.')[0] switch
    {
        "seed" => SeedFamilies.Of(curve),
        _ => null,
    };

    /// <summary>The values of one schedule at the base rate.</summary>
    internal static IReadOnlyList<GoldenSeries> Rates(GoldenCurve curve, LrSchedule schedule, TrainingPlan plan)
    {
        double peak = curve.BaseRate ?? throw new KeyNotFoundException("base_lr");
        BoundSchedule bound = schedule.Bind(plan, peak);
        return [new("values", curve.Values, k => peak * bound.FactorAt(k))];
    }
}
