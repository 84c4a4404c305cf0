using Microsoft.ML.LrSchedules;
using Keras = Microsoft.ML.LrSchedules.LrSchedule.Like.Keras;

namespace Golden.Curves;

/// <summary>keras.optimizers.schedules.</summary>
internal static class KerasFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        if (curve.Family == "keras.PiecewiseConstantDecay")
            return Families.Rates(curve, Keras.PiecewiseConstantDecay(p.Numbers("boundaries"), p.Numbers("values")), peak: 1);
        double initial = p.Number("initial_learning_rate");
        if (curve.Family == "keras.CosineDecay" && p.Optional("warmup_target") is { } target)
            return Families.Rates(curve, Keras.CosineDecay(p.Number("decay_steps"), p.Number("alpha", 0), p.Number("warmup_steps", 0), initial / target), target);
        LrSchedule? schedule = curve.Family switch
        {
            "keras.ExponentialDecay" => Keras.ExponentialDecay(p.Number("decay_steps"), p.Number("decay_rate"), p.Flag("staircase", false)),
            "keras.InverseTimeDecay" => Keras.InverseTimeDecay(p.Number("decay_steps"), p.Number("decay_rate"), p.Flag("staircase", false)),
            "keras.PolynomialDecay" => Keras.PolynomialDecay(p.Number("decay_steps"), p.Number("end_learning_rate", 1e-4), p.Number("power", 1), p.Flag("cycle", false)),
            "keras.CosineDecay" => Keras.CosineDecay(p.Number("decay_steps"), p.Number("alpha", 0)),
            "keras.CosineDecayRestarts" => Keras.CosineDecayRestarts(p.Number("first_decay_steps"), p.Number("t_mul", 2), p.Number("m_mul", 1), p.Number("alpha", 0)),
            _ => null,
        };
        if (schedule is null)
            return null;
        p.Number("warmup_steps", 0);
        return Families.Rates(curve, schedule, initial);
    }
}
