namespace Golden.Curves;

/// <summary>Curves that are peers' defects, which this library does not imitate.</summary>
internal static class Defects
{
    /// <summary>Why the curve is not imitated, or null.</summary>
    internal static string? ReasonAgainst(GoldenCurve curve) => curve.Family switch
    {
        "pytorch_optimizer.PolyScheduler" => "after its warmup this scheduler rises without bound instead of falling: a defect of the peer",
        _ when curve.Family.StartsWith("timm.", StringComparison.Ordinal) && curve.Parameters.Has("noise_range_t") => "noise on the rate comes from the peer's private random generator",
        _ => null,
    };
}
