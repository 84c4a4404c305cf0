namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>The package pytorch_optimizer; lengths are steps. Its PolyScheduler rises without bound after the warmup and is not imitated.</summary>
        public static class PyTorchOptimizer
        {
            /// <summary>CosineScheduler: a warmup from initLr, then a cosine to minLr at tMax, which includes the warmup; it rises again beyond.</summary>
            public static LrSchedule CosineScheduler(int tMax, double minLr = 0, double initLr = 0, int warmupSteps = 0) =>
                After(warmupSteps, initLr, LrSchedule.CosineWave((tMax - warmupSteps).Steps(), toRate: minLr));

            /// <summary>LinearScheduler: a warmup from initLr, then a straight line to minLr at tMax, which includes the warmup. There it goes on below minLr beyond tMax; here it holds.</summary>
            public static LrSchedule LinearScheduler(int tMax, double minLr = 0, double initLr = 0, int warmupSteps = 0) =>
                After(warmupSteps, initLr, LrSchedule.Linear((tMax - warmupSteps).Steps(), toRate: minLr));

            /// <summary>get_wsd_schedule: a warmup from 0, the peak, then a cooldown (1-sqrt, 1-square, cosine or linear) to minLrRatio.</summary>
            public static LrSchedule Wsd(int numWarmupSteps, int numStableSteps, int numDecaySteps, Shape? cooldown = null, double minLrRatio = 0)
            {
                LrSchedule end = LrSchedule.Decay(numDecaySteps.Steps(), cooldown ?? Shape.OneMinusSqrt, minLrRatio, from: 1);
                if (numStableSteps > 0)
                    end = LrSchedule.Hold(numStableSteps.Steps(), at: 1).Then(end);
                return After(numWarmupSteps, 0, end);
            }

            /// <summary>REXScheduler: from 1 to minLr, an absolute rate, over totalSteps.</summary>
            public static LrSchedule RexScheduler(int totalSteps, double minLr = 0, double beta = 0.5) => LrSchedule.Decay(totalSteps.Steps(), Shape.Rex(beta), toRate: minLr);

            /// <summary>get_chebyshev_schedule: the first step size for two epochs, then all in their order, as <see cref="LrSchedules.Chebyshev"/>.</summary>
            public static LrSchedule ChebyshevSchedule(int numEpochs)
            {
                double[] factors = [.. new Chebyshev(numEpochs, 1.Epochs(), 0.05).Factors()];
                return LrSchedule.Table([factors[0], factors[0], .. factors], 1.Epochs());
            }

            /// <summary>
            /// CosineAnnealingWarmupRestarts, relative to max_lr: a straight line from minLr in the first warmupSteps of each cycle, then a cosine; only the
            /// decay grows by cycleMult, and each cycle is gamma times as high. It starts one step late: the first rate is that of step 1.
            /// </summary>
            public static LrSchedule CosineAnnealingWarmupRestarts(int firstCycleSteps, double minLr, int warmupSteps = 0, double cycleMult = 1, double gamma = 1) =>
                LrSchedule.CosineRestarts(firstCycleSteps.Steps(), lengthFactor: cycleMult, heightFactor: gamma, warmup: warmupSteps > 0 ? warmupSteps.Steps() : null, toRate: minLr).Skipping(1.Steps());

            private static LrSchedule After(int warmupSteps, double initLr, LrSchedule schedule) =>
                warmupSteps == 0 ? schedule : LrSchedule.Warmup(warmupSteps.Steps(), fromRate: initLr).Then(schedule);
        }
    }
}
