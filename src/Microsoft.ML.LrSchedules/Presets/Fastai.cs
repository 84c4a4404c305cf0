namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// fastai.callback.schedule; positions are fractions of the training. combine_scheds is <see cref="Then"/> with lengths such as <c>0.25.OfRun()</c>,
        /// which need not add up to 1 exactly.
        /// </summary>
        public static class Fastai
        {
            /// <summary>SchedLin, from 1 to end.</summary>
            public static LrSchedule SchedLin(double end) => LrSchedule.Linear(to: end);

            /// <summary>SchedCos, from 1 to end.</summary>
            public static LrSchedule SchedCos(double end) => LrSchedule.Cosine(to: end);

            /// <summary>SchedNo: the start value throughout.</summary>
            public static LrSchedule SchedNo() => Constant;

            /// <summary>SchedExp, from 1 to end by equal factors.</summary>
            public static LrSchedule SchedExp(double end) => LrSchedule.Geometric(TrainingSpan.Rest, to: end);

            /// <summary>SchedPoly: 1 + (end - 1) u^power. Its power is of what is behind, not of what is left.</summary>
            public static LrSchedule SchedPoly(double end, double power) => LrSchedule.Decay(TrainingSpan.Rest, Shape.OneMinusPower(power), to: end);

            /// <summary>fit_one_cycle: from 1/div to 1 at pctStart, then to 1/divFinal (PyTorch: 1/(div divFinal)), which the last step does not reach.</summary>
            public static LrSchedule FitOneCycle(double pctStart = 0.25, double div = 25, double divFinal = 1e5) => LrSchedule.OneCycle(up: pctStart, from: 1 / div, to: 1 / divFinal);

            /// <summary>The momentum of fit_one_cycle relative to its first value: from 1 to low at pctStart, then to end.</summary>
            public static LrSchedule FitOneCycleMomentum(double low, double end = 1, double pctStart = 0.25) => LrSchedule.OneCycle(up: pctStart, from: 1, peak: low, to: end);

            /// <summary>fit_flat_cos: 1 up to pctStart, then a cosine to 1/divFinal.</summary>
            public static LrSchedule FitFlatCos(double pctStart = 0.75, double divFinal = 1e5) => pctStart == 0
                ? LrSchedule.Cosine(to: 1 / divFinal)
                : LrSchedule.Hold(pctStart.OfRun()).Cosine(to: 1 / divFinal);

            /// <summary>fit_sgdr: nCycles cosine cycles, the first of cycleLen epochs, each cycleMult times as long. There a rounding may put a step into the cycle before.</summary>
            public static LrSchedule FitSgdr(int nCycles, double cycleLen, double cycleMult = 2) => LrSchedule.CosineRestarts(cycleLen.Epochs(), lengthFactor: cycleMult, cycles: nCycles);

            /// <summary>slice(low, high) over n groups, relative to high: equal factors from the first group to the last.</summary>
            public static LayerwiseDecay Discriminative(double low, double high, int groups) =>
                new(Math.Pow(low / high, 1.0 / (Guard.AtLeast(2, groups, "Rates differ between two groups or more.") - 1)));
        }
    }
}
