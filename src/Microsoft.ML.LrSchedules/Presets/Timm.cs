namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// timm.scheduler; lengths are epochs and the rate changes once per epoch. Without warmupPrefix the decay's clock runs during the warmup, so the
        /// peak is never reached; with it the decay follows the warmup. Warmup starts and minima are absolute rates.
        /// </summary>
        public static class Timm
        {
            /// <summary>CosineLRScheduler.</summary>
            public static LrSchedule Cosine(int tInitial, double lrMin = 0, double cycleMul = 1, double cycleDecay = 1, int cycleLimit = 1, int warmupT = 0, double warmupLrInit = 0, bool warmupPrefix = false, double kDecay = 1) =>
                Cycles(Shape.Cosine().KDecay(kDecay), tInitial, lrMin, cycleMul, cycleDecay, cycleLimit, warmupT, warmupLrInit, warmupPrefix);

            /// <summary>PolyLRScheduler.</summary>
            public static LrSchedule Poly(int tInitial, double power = 0.5, double lrMin = 0, double cycleMul = 1, double cycleDecay = 1, int cycleLimit = 1, int warmupT = 0, double warmupLrInit = 0, bool warmupPrefix = false, double kDecay = 1) =>
                Cycles(Shape.Polynomial(power).KDecay(kDecay), tInitial, lrMin, cycleMul, cycleDecay, cycleLimit, warmupT, warmupLrInit, warmupPrefix);

            /// <summary>TanhLRScheduler. Without warmupPrefix its warmup aims at the tangent's own value there, not at the peak; with lrMin above 0 that needs <paramref name="baseLr"/>.</summary>
            /// <param name="tInitial">Epochs of a cycle.</param>
            /// <param name="lb">Where on the tangent it starts.</param>
            /// <param name="ub">Where on the tangent it ends.</param>
            /// <param name="lrMin">The minimum, a rate.</param>
            /// <param name="cycleMul">What each cycle multiplies the length by.</param>
            /// <param name="cycleDecay">What each cycle multiplies the height by.</param>
            /// <param name="cycleLimit">How many cycles.</param>
            /// <param name="warmupT">Epochs of warmup.</param>
            /// <param name="warmupLrInit">The start of the warmup, a rate.</param>
            /// <param name="warmupPrefix">Whether the decay follows the warmup.</param>
            /// <param name="baseLr">The peak rate.</param>
            public static LrSchedule Tanh(int tInitial, double lb = -7, double ub = 3, double lrMin = 0, double cycleMul = 1, double cycleDecay = 1, int cycleLimit = 1, int warmupT = 0, double warmupLrInit = 0, bool warmupPrefix = false, double baseLr = 1)
            {
                double top = 1;
                if (warmupT > 0 && !warmupPrefix)
                    top = Decays(Shape.Tanh(lb, ub), tInitial, lrMin, cycleMul, cycleDecay, cycleLimit).Bind(TrainingPlan.OfSteps(1, warmupT + (long)tInitial * 1000), baseLr).FactorAt(warmupT);
                return Cycles(Shape.Tanh(lb, ub), tInitial, lrMin, cycleMul, cycleDecay, cycleLimit, warmupT, warmupLrInit, warmupPrefix, top);
            }

            /// <summary>StepLRScheduler; warmupPrefix is on by default here.</summary>
            public static LrSchedule Step(int decayT, double decayRate = 1, int warmupT = 0, double warmupLrInit = 0, bool warmupPrefix = true) =>
                Warmed(LrSchedule.Step(decayT.Epochs(), decayRate, from: 1), warmupT, warmupLrInit, warmupPrefix, 1);

            /// <summary>MultiStepLRScheduler: each decay comes one epoch before its position. warmupPrefix is on by default here.</summary>
            public static LrSchedule MultiStep(int[] decayT, double decayRate = 1, int warmupT = 0, double warmupLrInit = 0, bool warmupPrefix = true)
            {
                TrainingSpan[] later = [.. decayT.Where(t => t > 1).Select(t => (t - 1).Epochs())];
                double first = Math.Pow(decayRate, decayT.Length - later.Length);
                return Warmed(LrSchedule.MultiStep(later, decayRate, from: first), warmupT, warmupLrInit, warmupPrefix, 1);
            }

            /// <summary>
            /// PlateauLRScheduler, relative to the base rate. Metrics of warmup epochs are not counted: observe only those of the epochs from warmupT on. The
            /// noise that timm can add comes from PyTorch's generator and is not imitated.
            /// </summary>
            public static ReduceOnPlateau Plateau(double baseLr, double decayRate = 0.1, int patienceT = 10, double threshold = 1e-4, int cooldownT = 0, double lrMin = 0, bool maximize = true) =>
                PyTorch.ReduceLROnPlateau(baseLr, maximize, decayRate, patienceT, threshold, cooldown: cooldownT, minLr: lrMin);

            private static LrSchedule Cycles(Shape shape, int tInitial, double lrMin, double cycleMul, double cycleDecay, int cycleLimit, int warmupT, double warmupLrInit, bool warmupPrefix, double top = 1) =>
                Warmed(Decays(shape, tInitial, lrMin, cycleMul, cycleDecay, cycleLimit), warmupT, warmupLrInit, warmupPrefix, top);

            private static LrSchedule Decays(Shape shape, int tInitial, double lrMin, double cycleMul, double cycleDecay, int cycleLimit) =>
                LrSchedule.Restarts(tInitial.Epochs(), shape, lengthFactor: cycleMul, heightFactor: cycleDecay, cycles: cycleLimit, from: 1, toRate: lrMin).Hold(atRate: lrMin);

            // Without a warmup the first epoch runs before the scheduler's first call, at the base rate.
            private static LrSchedule AtBase(LrSchedule decay) => LrSchedule.Hold(1.Epochs(), at: 1).Then(decay.Skipping(1.Epochs()));

            private static LrSchedule Warmed(LrSchedule decay, int warmupT, double warmupLrInit, bool prefix, double top)
            {
                if (warmupT == 0)
                    return AtBase(decay).PerEpoch();
                LrSchedule warmup = LrSchedule.Warmup(warmupT.Epochs(), to: top, fromRate: warmupLrInit);
                return warmup.Then(prefix ? decay : decay.Skipping(warmupT.Epochs())).PerEpoch();
            }
        }
    }
}
