namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    /// <summary>One call for each schedule of other systems, under that system's name.</summary>
    public static partial class Like
    {
        /// <summary>
        /// The four systems that this library started from. Inside the run the values are theirs exactly. Two of their traits are
        /// kept because they are inside the run: the first update, or the whole first epoch of
        /// <see cref="GradualWarmupScheduler"/>, has the rate 0 and trains nothing. One is not: past the end their formulas turn
        /// negative (power 1), NaN (other powers) or rise again (cosine); here the last value holds.
        /// </summary>
        public static class Seed
        {
            /// <summary>t &lt; w: t / w, else (1 - (t - w) / (T - w))^power, in batches. The end value 0 is one step past the run.</summary>
            /// <param name="totalEpochs">Epochs of the run.</param>
            /// <param name="warmUp">Epochs of warmup, 0 for none.</param>
            /// <param name="power">Above 0.</param>
            public static LrSchedule DecayLrPoly(int totalEpochs, int warmUp, double power = 0.9) =>
                Phases(totalEpochs, warmUp, stableEpochs: 0, Shape.Polynomial(power));

            /// <summary>t &lt; w: t / w, else 0.5 (1 + cos(pi (t - w) / (T - w))), in batches.</summary>
            /// <param name="totalEpochs">Epochs of the run.</param>
            /// <param name="warmUp">Epochs of warmup, 0 for none.</param>
            public static LrSchedule DecayLrCosine(int totalEpochs, int warmUp) =>
                Phases(totalEpochs, warmUp, stableEpochs: 0, Shape.Cosine());

            /// <summary>Warmup-Stable-Decay: t &lt; w: t / w; t &lt; w + s: 1; else 0.5 (1 + cos(pi (t - w - s) / (T - w - s))), in batches.</summary>
            /// <param name="totalEpochs">Epochs of the run.</param>
            /// <param name="warmUp">Epochs of warmup, 0 for none.</param>
            /// <param name="stableEpochs">Epochs at the peak, 0 for none.</param>
            public static LrSchedule DecayLrStable(int totalEpochs, int warmUp, int stableEpochs) =>
                Phases(totalEpochs, warmUp, stableEpochs, Shape.Cosine());

            /// <summary>
            /// Once per epoch e: e &lt; w: e / w, else 1. The whole first epoch has the rate 0 and trains nothing; start with
            /// <c>LrSchedule.Warmup(w.Epochs(), firstStep: FirstStep.AboveStart)</c> to use it.
            /// </summary>
            /// <param name="warmupEpochs">Epochs of warmup, 0 for none.</param>
            public static LrSchedule GradualWarmupScheduler(int warmupEpochs) =>
                Guard.AtLeast(0, warmupEpochs, "0 is no warmup.") == 0 ? Constant : LrSchedule.Warmup(warmupEpochs.Epochs()).PerEpoch();

            private static LrSchedule Phases(int totalEpochs, int warmUp, int stableEpochs, Shape shape)
            {
                Guard.AtLeast(0, warmUp, "0 is no warmup.");
                Guard.AtLeast(0, stableEpochs, "0 is no stable phase.");
                int decay = Guard.AtLeast(warmUp + stableEpochs, totalEpochs, "Warmup and stable phase are part of the run.") - warmUp - stableEpochs;
                LrSchedule? schedule = null;
                if (warmUp > 0)
                    schedule = LrSchedule.Warmup(warmUp.Epochs());
                if (stableEpochs > 0)
                    schedule = schedule?.Hold(stableEpochs.Epochs()) ?? LrSchedule.Hold(stableEpochs.Epochs());
                if (decay > 0)
                    schedule = schedule?.Decay(decay.Epochs(), shape) ?? LrSchedule.Decay(decay.Epochs(), shape);
                return schedule ?? Constant;
            }
        }
    }
}
