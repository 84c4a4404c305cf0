namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// optax.schedules; lengths are updates. optax gives the rate itself, these give factors of a peak rate: pass 1 as the peak to use optax's own
        /// numbers, or ratios. join_schedules is <see cref="Then"/>; here a schedule that follows starts from the value before unless it says <c>from</c>.
        /// </summary>
        public static class Optax
        {
            /// <summary>constant_schedule.</summary>
            public static LrSchedule ConstantSchedule(double value) => LrSchedule.Hold(at: value);

            /// <summary>polynomial_schedule, and linear_schedule with power 1: initValue for transitionBegin updates, then to endValue. No transition steps mean initValue for ever, as there.</summary>
            public static LrSchedule PolynomialSchedule(double initValue, double endValue, double power, int transitionSteps, int transitionBegin = 0) =>
                transitionSteps <= 0 ? LrSchedule.Hold(at: initValue) : After(transitionBegin, initValue, LrSchedule.Polynomial(transitionSteps.Steps(), power, endValue, initValue));

            /// <summary>cosine_decay_schedule: to alpha times initValue, the wave to the power exponent.</summary>
            public static LrSchedule CosineDecay(double initValue, int decaySteps, double alpha = 0, double exponent = 1) =>
                LrSchedule.Decay(decaySteps.Steps(), Shape.Cosine(exponent), alpha * initValue, initValue);

            /// <summary>exponential_decay: decayRate per transitionSteps, by stairs if staircase, bounded by endValue. No transition steps or a rate of 0 mean initValue for ever, as there.</summary>
            public static LrSchedule ExponentialDecay(double initValue, int transitionSteps, double decayRate, int transitionBegin = 0, bool staircase = false, double? endValue = null)
            {
                if (transitionSteps <= 0 || decayRate == 0)
                    return LrSchedule.Hold(at: initValue);
                LrSchedule decay = staircase
                    ? LrSchedule.Step(transitionSteps.Steps(), decayRate, from: initValue)
                    : LrSchedule.Exponential(decayRate, transitionSteps.Steps(), from: initValue);
                if (endValue is { } end)
                    decay = decayRate < 1 ? decay.Clamped(minimum: end) : decay.Clamped(maximum: end);
                return After(transitionBegin, initValue, decay);
            }

            /// <summary>piecewise_constant_schedule: the value is multiplied by scales[i] at boundaries[i]; a boundary at 0 counts at once.</summary>
            public static LrSchedule PiecewiseConstant(double initValue, int[] boundaries, double[] scales) => Pieces(initValue, boundaries, scales, Between.Constant);

            /// <summary>piecewise_interpolate_schedule: the same values, with a straight line or half a cosine between them.</summary>
            public static LrSchedule PiecewiseInterpolate(bool cosine, double initValue, int[] boundaries, double[] scales) =>
                Pieces(initValue, boundaries, scales, cosine ? Between.Cosine : Between.Linear);

            /// <summary>warmup_constant_schedule. (With warmupSteps 0 optax stays at initValue for ever; so does this.)</summary>
            public static LrSchedule WarmupConstant(double initValue, double peakValue, int warmupSteps) =>
                warmupSteps <= 0 ? LrSchedule.Hold(at: initValue) : LrSchedule.Warmup(warmupSteps.Steps(), initValue, peakValue);

            /// <summary>warmup_cosine_decay_schedule: decaySteps includes the warmup (Keras' does not).</summary>
            public static LrSchedule WarmupCosineDecay(double initValue, double peakValue, int warmupSteps, int decaySteps, double endValue = 0, double exponent = 1)
            {
                LrSchedule decay = LrSchedule.Decay((decaySteps - warmupSteps).Steps(), Shape.Cosine(exponent), endValue, peakValue);
                return warmupSteps == 0 ? decay : LrSchedule.Warmup(warmupSteps.Steps(), initValue, peakValue).Then(decay);
            }

            /// <summary>warmup_exponential_decay_schedule.</summary>
            public static LrSchedule WarmupExponentialDecay(double initValue, double peakValue, int warmupSteps, int transitionSteps, double decayRate, int transitionBegin = 0, bool staircase = false, double? endValue = null)
            {
                LrSchedule decay = ExponentialDecay(peakValue, transitionSteps, decayRate, transitionBegin, staircase, endValue);
                return warmupSteps == 0 ? decay : LrSchedule.Warmup(warmupSteps.Steps(), initValue, peakValue).Then(decay);
            }

            /// <summary>cosine_onecycle_schedule: up to the peak at floor(pctStart N), down to peak / (divFactor finalDivFactor) at N. <see cref="LrSchedules.OneCycle"/> does not round down.</summary>
            public static LrSchedule CosineOneCycle(int transitionSteps, double peakValue, double pctStart = 0.3, double divFactor = 25, double finalDivFactor = 1e4) =>
                PiecewiseInterpolate(true, peakValue / divFactor, [(int)(pctStart * transitionSteps), transitionSteps], [divFactor, 1 / (divFactor * finalDivFactor)]);

            /// <summary>linear_onecycle_schedule: up to floor(pctStart N), down to the start at floor(pctFinal N), then to start / finalDivFactor at N.</summary>
            public static LrSchedule LinearOneCycle(int transitionSteps, double peakValue, double pctStart = 0.3, double pctFinal = 0.85, double divFactor = 25, double finalDivFactor = 1e4) =>
                PiecewiseInterpolate(false, peakValue / divFactor, [(int)(pctStart * transitionSteps), (int)(pctFinal * transitionSteps), transitionSteps], [divFactor, 1 / divFactor, 1 / finalDivFactor]);

            private static LrSchedule After(int begin, double initValue, LrSchedule schedule) => begin > 0 ? LrSchedule.Hold(begin.Steps(), at: initValue).Then(schedule) : schedule;

            private static LrSchedule Pieces(double initValue, int[] boundaries, double[] scales, Between between)
            {
                var values = new List<double> { initValue };
                var at = new List<TrainingSpan>();
                foreach ((int boundary, double scale) in boundaries.Zip(scales).OrderBy(piece => piece.First))
                {
                    if (boundary > 0)
                    {
                        at.Add(boundary.Steps());
                        values.Add(values[^1] * scale);
                    }
                    else
                    {
                        values[^1] *= scale;
                    }
                }
                return at.Count == 0 ? LrSchedule.Hold(at: values[0]) : LrSchedule.Piecewise([.. at], [.. values], between);
            }
        }
    }
}
