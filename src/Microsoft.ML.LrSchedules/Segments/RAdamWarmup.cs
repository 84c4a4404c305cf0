using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The rectification term of RAdam as a factor, for Adam's second-moment decay beta2, with n = t + 1 and the lengths of the average:
/// <code>
/// rho_inf = 2 / (1 - beta2) - 1
/// rho     = rho_inf - 2 n beta2^n / (1 - beta2^n)
/// f(t)    = sqrt((rho - 4)(rho - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho)),   n counted from the first one with rho &gt; 4
/// </code>
/// Source: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020, arXiv:1908.03265. Elsewhere: pytorch_warmup RAdamWarmup.
/// </summary>
public sealed record RAdamWarmup : LrSchedule
{
    internal RAdamWarmup(double beta2, TrainingSpan over)
    {
        Beta2 = beta2 is > 0.6 and < 1 ? beta2 : throw Guard.Out(nameof(beta2), "above 0.6 and below 1", beta2, "0.999 is usual; below 0.6 the term is never defined.");
        Over = over;
    }

    /// <summary>The second-moment decay, in (0.6, 1).</summary>
    public double Beta2 { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) => new RectificationCurve(Beta2, length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => true;

    internal override Node Describe() => new CallBuilder("radamWarmup").Number("beta2", Beta2).Span("over", Over).Call;

    internal static LrSchedule Read(Arguments arguments) => new RAdamWarmup(arguments.Number("beta2"), arguments.SpanOrRest("over"));

    private sealed class RectificationCurve : Curve
    {
        private readonly double _beta2;
        private readonly double _limit;
        private readonly double _length;
        private readonly int _first = 1;

        internal RectificationCurve(double beta2, double length)
        {
            _beta2 = beta2;
            _length = length;
            _limit = 2 / (1 - beta2) - 1;
            while (Rho(_first) <= 4)
                _first++;
        }

        internal override double End => At(_length);

        internal override double At(double t)
        {
            double rho = Rho(t + _first);
            return Math.Sqrt((rho - 4) * (rho - 2) * _limit / ((_limit - 4) * (_limit - 2) * rho));
        }

        private double Rho(double n)
        {
            double power = Math.Pow(_beta2, n);
            return _limit - 2 * n * power / (1 - power);
        }
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.RAdamWarmup(double, TrainingSpan)"/>
    public LrSchedule RAdamWarmup(double beta2, TrainingSpan over = default) => Then(new RAdamWarmup(beta2, over));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Rises like RAdam's rectification term. <see cref="LrSchedules.RAdamWarmup"/> has the formula.</summary>
        /// <param name="beta2">The second-moment decay of Adam, in (0.6, 1).</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        public static LrSchedule RAdamWarmup(double beta2, TrainingSpan over = default) => new RAdamWarmup(beta2, over);
    }
}
