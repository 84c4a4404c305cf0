namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>Schedules as papers and well-known training scripts define them.</summary>
        public static class Papers
        {
            /// <summary>Noam, with t from 1: d^-0.5 min(t^-0.5, t w^-1.5), relative to its peak (d w)^-0.5 at t = w. Vaswani et al. 2017, arXiv:1706.03762, section 5.3.</summary>
            public static LrSchedule Noam(int warmupSteps) => LrSchedule.Warmup(warmupSteps.Steps(), firstStep: FirstStep.AboveStart)
                .InverseSquareRoot((warmupSteps + 1).Steps(), from: Math.Sqrt(warmupSteps / (warmupSteps + 1.0)));

            /// <summary>T5's rsqrt: 1 / sqrt(max(t, k)). Raffel et al. 2020, arXiv:1910.10683.</summary>
            public static LrSchedule T5InverseSquareRoot(int k = 10_000) => LrSchedule.Hold(k.Steps(), at: 1 / Math.Sqrt(k)).InverseSquareRoot(k.Steps());

            /// <summary>Linear to zero (D2Z): t / w, then (T - t) / (T - w). Bergsma et al. 2025, arXiv:2502.15938.</summary>
            public static LrSchedule LinearToZero(TrainingSpan warmup) => LrSchedule.Warmup(warmup).Linear(to: 0);

            /// <summary>Constant with a cooldown: warmup, 1, then 1 - sqrt over the last part. Haegele et al. 2024, arXiv:2405.18392.</summary>
            public static LrSchedule ConstantCooldown(TrainingSpan? warmup, TrainingSpan cooldown, Shape? shape = null) =>
                WarmupStableDecay(warmup, cooldown, shape ?? Shape.OneMinusSqrt);

            /// <summary>Warmup-stable-decay with any shapes: Hu et al., MiniCPM, 2024, arXiv:2404.06395.</summary>
            public static LrSchedule WarmupStableDecay(TrainingSpan? warmup, TrainingSpan decay, Shape? shape = null, double to = 0) =>
                (warmup is { } over ? LrSchedule.Warmup(over).Hold() : LrSchedule.Hold()).Decay(decay, shape ?? Shape.Linear, to);

            /// <summary>Trapezoidal: 1, then a straight line to <paramref name="final"/> over the last part of the run. Jordan et al., modded-nanogpt, 2024.</summary>
            /// <param name="cooldown">The last part.</param>
            /// <param name="final">The end value.</param>
            public static LrSchedule Trapezoidal(TrainingSpan cooldown, double final = 0) => LrSchedule.Hold().Linear(cooldown, final);

            /// <summary>WSD-S: after a warmup, stable phases that each end in an inverse-time decay to <paramref name="to"/> and a jump back to the peak. Wen et al. 2024, arXiv:2410.05192.</summary>
            /// <param name="warmup">The warmup, part of the first stable phase.</param>
            /// <param name="phases">Total steps and decay steps of each phase.</param>
            /// <param name="to">The end value of each decay, above 0.</param>
            public static LrSchedule WsdSimplified(int warmup, (int Total, int Decay)[] phases, double to)
            {
                LrSchedule? all = warmup > 0 ? LrSchedule.Warmup(warmup.Steps()) : null;
                int spent = warmup;
                foreach ((int total, int decay) in phases)
                {
                    LrSchedule fall = new Decay(decay.Steps(), Shape.Linear, 1, to, EndAt.NextStep, ValueScale.Inverse);
                    int stable = total - decay - spent;
                    LrSchedule phase = stable > 0 ? LrSchedule.Hold(stable.Steps(), at: 1).Then(fall) : fall;
                    all = all?.Then(phase) ?? phase;
                    spent = 0;
                }
                return all ?? throw Guard.Out(nameof(phases), "a list of at least one phase", "empty", "Each phase has a total and a decay.");
            }

            /// <summary>Infinite: warmup, a cosine cooldown to a constant, the constant, a geometric annealing to the end. Ibrahim et al. 2024, arXiv:2403.08763.</summary>
            public static LrSchedule Infinite(int warmup, int cooldown, int constant, int anneal, double constantLevel, double to) =>
                (warmup > 0 ? LrSchedule.Warmup(warmup.Steps()).Cosine(cooldown.Steps(), constantLevel) : LrSchedule.Cosine(cooldown.Steps(), constantLevel))
                    .Hold(constant.Steps()).Geometric(anneal.Steps(), to);

            /// <summary>Power, relative to lrMax: t / w, then min(1, a t^b / lrMax) with b below 0. Shen et al. 2024, arXiv:2408.13359 (there t counts tokens).</summary>
            public static LrSchedule Power(int warmup, double a, double b, double lrMax)
            {
                double crossing = Math.Pow(lrMax / a, 1 / b);
                LrSchedule tail = LrSchedule.InverseTime(Math.Max(crossing, warmup).Steps(), -b);
                if (crossing > warmup)
                    return (warmup > 0 ? LrSchedule.Warmup(warmup.Steps()).Hold((crossing - warmup).Steps()) : LrSchedule.Hold(crossing.Steps())).Then(tail);
                return LrSchedule.Warmup(warmup.Steps(), to: a * Math.Pow(warmup, b) / lrMax).Then(tail);
            }

            /// <summary>REX over a length: z / (1 - beta + beta z). <see cref="RexShape"/>.</summary>
            public static LrSchedule Rex(TrainingSpan over, double to = 0, double beta = 0.5) => LrSchedule.Decay(over, Shape.Rex(beta), to);

            /// <summary>RealMLP's coslog4: waves that grow longer, from 0 to 0. <see cref="CosLogShape"/>.</summary>
            public static LrSchedule CosLog(TrainingSpan over = default, int waves = 4) => LrSchedule.Decay(over, Shape.CosLog(waves), to: 0, from: 1);

            /// <summary>RealMLP's flat-cos: 1 for the first part, then a cosine to 0. Holzmueller et al. 2024, arXiv:2407.04491.</summary>
            public static LrSchedule FlatCosine(double flat = 0.5) => LrSchedule.Hold(flat.OfRun()).Cosine();

            /// <summary>nanoGPT's get_lr: (t + 1) / (w + 1), then a cosine to minLr, an absolute rate, at lrDecayIters. Never 0, the peak only at t = w.</summary>
            public static LrSchedule NanoGpt(int warmupIters, int lrDecayIters, double minLr)
            {
                LrSchedule decay = LrSchedule.Cosine((lrDecayIters - warmupIters).Steps(), toRate: minLr, from: 1);
                return warmupIters == 0 ? decay : LrSchedule.Warmup(warmupIters.Steps(), from: 1 / (warmupIters + 1.0)).Then(decay);
            }

            /// <summary>
            /// ildoonet's GradualWarmupScheduler, per epoch: a straight line to the multiplier up to and including totalEpoch (from 0 for a multiplier of 1,
            /// from 1 otherwise), then the other schedule. The peak is held for one epoch more than the warmup says.
            /// </summary>
            public static LrSchedule GradualWarmup(int totalEpoch, double multiplier = 1, LrSchedule? after = null)
            {
                LrSchedule warmup = LrSchedule.Warmup(totalEpoch.Epochs(), from: multiplier == 1 ? 0 : 1, to: multiplier).Hold(1.Epochs());
                return warmup.Then(after ?? LrSchedule.Hold(at: multiplier)).PerEpoch();
            }
        }
    }
}
