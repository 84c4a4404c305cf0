namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// The package pytorch_warmup: factors for Adam that multiply a running schedule and do not shift it, <c>LinearWarmup(100) * schedule</c>. The first
        /// step is above 0: (t + 1) / w.
        /// </summary>
        public static class PyTorchWarmup
        {
            /// <summary>LinearWarmup: min(1, (t + 1) / period).</summary>
            public static LrSchedule LinearWarmup(double warmupPeriod) => LrSchedule.Warmup(warmupPeriod.Steps(), firstStep: FirstStep.AboveStart);

            /// <summary>UntunedLinearWarmup: the period is 2 / (1 - beta2), rounded down: 1999 for 0.999.</summary>
            public static LrSchedule UntunedLinearWarmup(double beta2 = 0.999) => LinearWarmup(Math.Floor(2 / (1 - beta2)));

            /// <summary>ExponentialWarmup: 1 - exp(-(t + 1) / period).</summary>
            public static LrSchedule ExponentialWarmup(double warmupPeriod) => LrSchedule.ExponentialWarmup(warmupPeriod.Steps());

            /// <summary>UntunedExponentialWarmup: the period is 1 / (1 - beta2), rounded down: 999 for 0.999.</summary>
            public static LrSchedule UntunedExponentialWarmup(double beta2 = 0.999) => ExponentialWarmup(Math.Floor(1 / (1 - beta2)));

            /// <summary>RAdamWarmup: the rectification term.</summary>
            public static LrSchedule RAdamWarmup(double beta2 = 0.999) => LrSchedule.RAdamWarmup(beta2);
        }
    }
}
