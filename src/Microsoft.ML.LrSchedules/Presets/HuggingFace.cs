namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// transformers.optimization and diffusers.optimization; lengths are steps, w and T below are the warmup and the training steps. The warmup
        /// starts at 0, so the first step trains nothing.
        /// </summary>
        public static class HuggingFace
        {
            /// <summary>get_constant_schedule: 1.</summary>
            public static LrSchedule ConstantSchedule() => Constant;

            /// <summary>get_constant_schedule_with_warmup: t / w, then 1.</summary>
            public static LrSchedule ConstantWithWarmup(int numWarmupSteps) => After(numWarmupSteps, Constant);

            /// <summary>get_linear_schedule_with_warmup: t / w, then (T - t) / (T - w), then 0.</summary>
            public static LrSchedule LinearWithWarmup(int numWarmupSteps, int numTrainingSteps) =>
                After(numWarmupSteps, numTrainingSteps > numWarmupSteps ? LrSchedule.Linear((numTrainingSteps - numWarmupSteps).Steps(), to: 0) : LrSchedule.Hold(at: 0));

            /// <summary>get_cosine_schedule_with_warmup and get_cosine_with_min_lr_schedule_with_warmup: numCycles waves, 1/2 falls once. It rises again beyond T; <see cref="CosineShape"/> does not.</summary>
            public static LrSchedule CosineWithWarmup(int numWarmupSteps, int numTrainingSteps, double numCycles = 0.5, double minLrRate = 0) =>
                After(numWarmupSteps, LrSchedule.CosineWave((Math.Max(1, numTrainingSteps - numWarmupSteps) / (2 * numCycles)).Steps(), to: minLrRate));

            /// <summary>get_cosine_with_hard_restarts_schedule_with_warmup: numCycles falls, then 0.</summary>
            public static LrSchedule CosineWithHardRestarts(int numWarmupSteps, int numTrainingSteps, int numCycles = 1) =>
                After(numWarmupSteps, LrSchedule.CosineRestarts(((double)Math.Max(1, numTrainingSteps - numWarmupSteps) / numCycles).Steps(), cycles: numCycles));

            /// <summary>
            /// get_cosine_with_min_lr_schedule_with_warmup_lr_rate: everything one step early. The warmup is (t + 1) / w, or from warmupLrRate to 1 at w - 1;
            /// the cosine is at progress (t - w + 1) / (T - w), and rises again beyond T.
            /// </summary>
            public static LrSchedule CosineWarmupWithMinLr(int numWarmupSteps, int numTrainingSteps, double minLrRate = 0, double? warmupLrRate = null, double numCycles = 0.5)
            {
                LrSchedule decay = LrSchedule.CosineWave((Math.Max(1, numTrainingSteps - numWarmupSteps) / (2 * numCycles)).Steps(), to: minLrRate, from: 1).Skipping(1.Steps());
                if (numWarmupSteps == 0)
                    return decay;
                LrSchedule warmup = warmupLrRate is not { } rate ? LrSchedule.Warmup(numWarmupSteps.Steps(), firstStep: FirstStep.AboveStart)
                    : numWarmupSteps == 1 ? LrSchedule.Hold(1.Steps(), at: rate)
                    : LrSchedule.Linear(numWarmupSteps.Steps(), to: 1, from: rate, EndAt.LastStep);
                return warmup.Then(decay);
            }

            /// <summary>get_polynomial_decay_schedule_with_warmup: from 1 to lrEnd, an absolute rate, with a power; then lrEnd.</summary>
            public static LrSchedule PolynomialWithWarmup(int numWarmupSteps, int numTrainingSteps, double lrEnd = 1e-7, double power = 1) =>
                After(numWarmupSteps, numTrainingSteps > numWarmupSteps ? LrSchedule.Polynomial((numTrainingSteps - numWarmupSteps).Steps(), power, toRate: lrEnd) : LrSchedule.Hold(atRate: lrEnd));

            /// <summary>get_inverse_sqrt_schedule: t / w, then 1 / sqrt(1 + (t - w) / timescale); the time scale is w, or 10000 without a warmup.</summary>
            public static LrSchedule InverseSqrt(int numWarmupSteps, int? timescale = null) =>
                After(numWarmupSteps, LrSchedule.InverseSquareRoot((timescale ?? (numWarmupSteps > 0 ? numWarmupSteps : 10_000)).Steps()));

            /// <summary>
            /// get_wsd_schedule: warmup, stable, decay, each possibly of no steps. The warmup starts at minLrRatio, not at 0. Shapes: linear, cosine and
            /// 1-sqrt are <c>Shape.Linear</c>, <c>Shape.Cosine()</c> and <c>Shape.OneMinusSqrt</c>; numCycles waves for cosine, 1/2 falls once.
            /// </summary>
            public static LrSchedule Wsd(int numWarmupSteps, int numStableSteps, int numDecaySteps, Shape? warmup = null, Shape? decay = null, double minLrRatio = 0, double numCycles = 0.5)
            {
                LrSchedule end = LrSchedule.Hold(at: minLrRatio);
                Shape fall = decay ?? Shape.Cosine();
                if (numDecaySteps > 0)
                    end = LrSchedule.Decay(numDecaySteps.Steps(), fall == Shape.Cosine() ? Shape.Cosine(1, 2 * numCycles) : fall, to: minLrRatio, from: 1).Then(end);
                if (numStableSteps > 0)
                    end = LrSchedule.Hold(numStableSteps.Steps(), at: 1).Then(end);
                return numWarmupSteps == 0 ? end : LrSchedule.Warmup(numWarmupSteps.Steps(), minLrRatio, shape: warmup ?? Shape.Linear).Then(end);
            }

            /// <summary>diffusers get_piecewise_constant_schedule: factors[i] before step boundaries[i], the last factor from there on.</summary>
            public static LrSchedule PiecewiseConstant(int[] boundaries, double[] factors) =>
                boundaries.Length == 0 ? LrSchedule.Hold(at: factors[0]) : LrSchedule.Piecewise([.. boundaries.Select(step => step.Steps())], factors);

            private static LrSchedule After(int warmupSteps, LrSchedule schedule) => warmupSteps == 0 ? schedule : LrSchedule.Warmup(warmupSteps.Steps()).Then(schedule);
        }
    }
}
