namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// composer.optim; lengths are batches here, because Composer turns its times ("10ep", "0.1dur") into whole batches, rounding down, before it uses
        /// them. Our own segments keep the fraction. A list of schedulers multiplies: that is *.
        /// Where there is a <c>rise</c>, it is the scaled warmup of scale_warmup: how long the rise takes, while the decay still waits for tWarmup. scale_schedule_ratio is <see cref="Stretched"/>.
        /// </summary>
        public static class Composer
        {
            /// <summary>StepScheduler: gamma^floor(t / stepSize).</summary>
            public static LrSchedule Step(int stepSize, double gamma = 0.1) => LrSchedule.Step(stepSize.Steps(), gamma);

            /// <summary>MultiStepScheduler: gamma at each milestone.</summary>
            public static LrSchedule MultiStep(int[] milestones, double gamma = 0.1) => LrSchedule.MultiStep([.. milestones.Select(t => t.Steps())], gamma);

            /// <summary>ConstantScheduler: alpha for tMax, then 1.</summary>
            public static LrSchedule ConstantFor(int tMax, double alpha = 1) => LrSchedule.Hold(tMax.Steps(), at: alpha).Hold(at: 1);

            /// <summary>LinearScheduler: from alphaI to alphaF over tMax.</summary>
            public static LrSchedule Linear(int tMax, double alphaI = 1, double alphaF = 0) => LrSchedule.Linear(tMax.Steps(), alphaF, alphaI);

            /// <summary>ExponentialScheduler: gamma^(t / decayPeriod).</summary>
            public static LrSchedule Exponential(double gamma, int decayPeriod) => LrSchedule.Exponential(gamma, decayPeriod.Steps());

            /// <summary>CosineAnnealingScheduler: to alphaF over tMax.</summary>
            public static LrSchedule CosineAnnealing(int tMax, double alphaF = 0) => LrSchedule.Cosine(tMax.Steps(), alphaF);

            /// <summary>CosineAnnealingWarmRestartsScheduler: cycles of t0, then floor(tMult times the one before), as many as a run of maxDuration needs. <see cref="LrSchedules.Restarts"/> keeps the fraction.</summary>
            public static LrSchedule CosineAnnealingWarmRestarts(int t0, int maxDuration, double tMult = 1, double alphaF = 0)
            {
                Guard.AtLeast(1, t0, "The first cycle has at least one batch.");
                LrSchedule all = LrSchedule.Cosine(t0.Steps(), alphaF, from: 1);
                int length = t0;
                for (long end = t0; end < maxDuration; end += length)
                {
                    length = Guard.AtLeast(1, (int)(tMult * length), "The cycles become shorter than a batch.", nameof(tMult));
                    all = all.Cosine(length.Steps(), alphaF, from: 1);
                }
                return all;
            }

            /// <summary>PolynomialScheduler: to alphaF over tMax.</summary>
            public static LrSchedule Polynomial(int tMax, double power, double alphaF = 0) => LrSchedule.Polynomial(tMax.Steps(), power, alphaF);

            /// <summary>MultiStepWithWarmupScheduler: t / w, then gamma at each milestone, counted from the start of the run.</summary>
            public static LrSchedule MultiStepWithWarmup(int tWarmup, int[] milestones, double gamma = 0.1, int? rise = null) =>
                tWarmup == 0 ? MultiStep(milestones, gamma) : After(tWarmup, rise, MultiStep(milestones, gamma).Skipping(tWarmup.Steps()));

            /// <summary>ConstantWithWarmupScheduler: alpha t / w, then alpha up to tMax, then 1.</summary>
            public static LrSchedule ConstantWithWarmup(int tWarmup, int tMax, double alpha = 1, int? rise = null) => After(tWarmup, rise, ConstantFor(tMax - tWarmup, alpha), alpha);

            /// <summary>LinearWithWarmupScheduler: alphaI t / w, then from alphaI to alphaF at tMax, which includes the warmup.</summary>
            public static LrSchedule LinearWithWarmup(int tWarmup, int tMax, double alphaI = 1, double alphaF = 0, int? rise = null) => After(tWarmup, rise, Linear(tMax - tWarmup, alphaI, alphaF), alphaI);

            /// <summary>CosineAnnealingWithWarmupScheduler: t / w, then a cosine to alphaF at tMax, which includes the warmup.</summary>
            public static LrSchedule CosineAnnealingWithWarmup(int tWarmup, int tMax, double alphaF = 0, int? rise = null) => After(tWarmup, rise, LrSchedule.Cosine((tMax - tWarmup).Steps(), alphaF, from: 1));

            /// <summary>PolynomialWithWarmupScheduler: t / w, then a power to alphaF at tMax, which includes the warmup.</summary>
            public static LrSchedule PolynomialWithWarmup(int tWarmup, int tMax, double power = 2, double alphaF = 0, int? rise = null) => After(tWarmup, rise, LrSchedule.Polynomial((tMax - tWarmup).Steps(), power, alphaF, from: 1));

            // The decay always waits for the warmup; with scale_warmup the rise within it takes another time.
            private static LrSchedule After(int warmup, int? rise, LrSchedule schedule, double top = 1)
            {
                if (warmup == 0)
                    return schedule;
                int over = rise ?? warmup;
                if (over >= warmup)
                    return LrSchedule.Warmup(warmup.Steps(), to: top * warmup / over).Then(schedule);
                return LrSchedule.Warmup(over.Steps(), to: top).Hold((warmup - over).Steps()).Then(schedule);
            }
        }
    }
}
