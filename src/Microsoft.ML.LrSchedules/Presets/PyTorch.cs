namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>
        /// torch.optim.lr_scheduler. There a unit is one call of step(), so lengths are spans here: epochs or steps. PyTorch multiplies the rate
        /// again and again; these are its closed forms, which agree to a few units in the last place.
        /// SequentialLR is <see cref="Then"/> (with <c>from: 1</c>, since PyTorch restarts from the base rate), ChainedScheduler is *.
        /// </summary>
        public static class PyTorch
        {
            /// <summary>StepLR: gamma^floor(t / stepSize). The same as <see cref="LrSchedules.Step"/>.</summary>
            public static LrSchedule StepLR(TrainingSpan stepSize, double gamma = 0.1) => new Step(stepSize, gamma, TrainingSpan.Rest, null);

            /// <summary>MultiStepLR: gamma at each milestone, from its own step on; repeated ones count twice. The same as <see cref="LrSchedules.MultiStep"/>.</summary>
            public static LrSchedule MultiStepLR(TrainingSpan[] milestones, double gamma = 0.1) => new MultiStep([.. milestones], gamma, TrainingSpan.Rest, null);

            /// <summary>ConstantLR: factor for totalIters, then 1. (With totalIters 0 PyTorch's recursion stays at factor: that is <c>LrSchedule.Hold(at: factor)</c>.)</summary>
            public static LrSchedule ConstantLR(double factor, TrainingSpan totalIters) => LrSchedule.Hold(totalIters, at: factor).Hold(at: 1);

            /// <summary>LinearLR: from startFactor to endFactor over totalIters. PyTorch refuses a start at 0; here it is allowed.</summary>
            public static LrSchedule LinearLR(double startFactor, double endFactor, TrainingSpan totalIters) => LrSchedule.Linear(totalIters, to: endFactor, from: startFactor);

            /// <summary>ExponentialLR: gamma^t, per <paramref name="per"/> (one call of step()).</summary>
            /// <param name="gamma">The factor.</param>
            /// <param name="per">What one call of step() stands for.</param>
            public static LrSchedule ExponentialLR(double gamma, TrainingSpan per) => LrSchedule.Exponential(gamma, per);

            /// <summary>PolynomialLR: (1 - t / T)^power, to 0. The same as <see cref="PolynomialShape"/>.</summary>
            public static LrSchedule PolynomialLR(TrainingSpan totalIters, double power = 1) => LrSchedule.Polynomial(totalIters, power, to: 0);

            /// <summary>CosineAnnealingLR. It has no end: beyond tMax it rises again with the period 2 tMax. Inside tMax it is <see cref="CosineShape"/>, which holds its end value.</summary>
            public static LrSchedule CosineAnnealingLR(TrainingSpan tMax, double etaMin = 0) => LrSchedule.CosineWave(tMax, toRate: etaMin);

            /// <summary>CosineAnnealingWarmRestarts: cycles of T0, T0 tMult, T0 tMult^2 ... <see cref="LrSchedules.Restarts"/> adds heights, warmups and an end.</summary>
            public static LrSchedule CosineAnnealingWarmRestarts(TrainingSpan t0, double tMult = 1, double etaMin = 0) => LrSchedule.CosineRestarts(t0, lengthFactor: tMult, toRate: etaMin);

            /// <summary>
            /// OneCycleLR relative to max_lr: from 1/divFactor up over pctStart, down to 1/(divFactor finalDivFactor) at step T - 1. PyTorch allows one
            /// step more, where it extrapolates (below zero, for linear); here the end value holds. See <see cref="LrSchedules.OneCycle"/>.
            /// </summary>
            public static LrSchedule OneCycleLR(TrainingSpan totalSteps = default, double pctStart = 0.3, bool linear = false, double divFactor = 25, double finalDivFactor = 1e4, bool threePhase = false) =>
                LrSchedule.OneCycle(totalSteps, pctStart, 1 / divFactor, peak: 1, 1 / divFactor / finalDivFactor, linear ? Shape.Linear : Shape.Cosine(), threePhase, EndAt.LastStep);

            /// <summary>The momentum (or beta1) of OneCycleLR relative to maxMomentum: from 1 down to baseMomentum / maxMomentum and back.</summary>
            public static LrSchedule OneCycleLRMomentum(TrainingSpan totalSteps = default, double pctStart = 0.3, bool linear = false, double baseMomentum = 0.85, double maxMomentum = 0.95, bool threePhase = false) =>
                LrSchedule.OneCycle(totalSteps, pctStart, 1, baseMomentum / maxMomentum, 1, linear ? Shape.Linear : Shape.Cosine(), threePhase, EndAt.LastStep);

            /// <summary>CyclicLR relative to max_lr; <paramref name="foot"/> is base_lr / max_lr. The modes: triangular; triangular2 has cycleFactor 1/2; exp_range has gamma below 1.</summary>
            /// <param name="foot">base_lr / max_lr.</param>
            /// <param name="stepSizeUp">How long it rises.</param>
            /// <param name="stepSizeDown">How long it falls; as long without it.</param>
            /// <param name="cycleFactor">1, or 1/2 for triangular2.</param>
            /// <param name="gamma">1, or the factor of a step for exp_range.</param>
            public static LrSchedule CyclicLR(double foot, TrainingSpan stepSizeUp, TrainingSpan stepSizeDown = default, double cycleFactor = 1, double gamma = 1) =>
                LrSchedule.Triangular(stepSizeUp, stepSizeDown, foot, 1, cycleFactor, gamma);

            /// <summary>The momentum (or beta1) of CyclicLR relative to max_momentum: down where the rate goes up; <paramref name="low"/> is base_momentum / max_momentum.</summary>
            /// <param name="low">base_momentum / max_momentum.</param>
            /// <param name="stepSizeUp">How long the rate rises.</param>
            /// <param name="stepSizeDown">How long the rate falls; as long without it.</param>
            /// <param name="cycleFactor">1, or 1/2 for triangular2.</param>
            /// <param name="gamma">1, or the factor of a step for exp_range.</param>
            public static LrSchedule CyclicLRMomentum(double low, TrainingSpan stepSizeUp, TrainingSpan stepSizeDown = default, double cycleFactor = 1, double gamma = 1) =>
                LrSchedule.Triangular(stepSizeUp, stepSizeDown, 1, low, cycleFactor, gamma);

            /// <summary>SWALR: from the current rate to swaLr over annealEpochs, which may be null for at once; then swaLr.</summary>
            public static LrSchedule SWALR(double swaLr, TrainingSpan? annealEpochs, bool linear = false) => annealEpochs is { } over
                ? LrSchedule.Decay(over, linear ? Shape.Linear : Shape.Cosine(), toRate: swaLr)
                : LrSchedule.Hold(atRate: swaLr);

            /// <summary>LambdaLR: a function of the step count. <see cref="LrSchedules.Function"/> instead gets the part of the run.</summary>
            public static LrSchedule LambdaLR(Func<double, double> lambda, TrainingSpan over) => over.Unit == TrainingUnit.Steps
                ? LrSchedule.Function(u => lambda(Math.Round(u * over.Value)), over, "LambdaLR")
                : throw Guard.Out(nameof(over), "a number of steps", over, "The function counts steps.");

            /// <summary>ReduceLROnPlateau, relative to the base rate; minLr and eps are absolute there, so give the base rate.</summary>
            public static ReduceOnPlateau ReduceLROnPlateau(double baseLr, bool maximize = false, double factor = 0.1, int patience = 10, double threshold = 1e-4, bool absoluteThreshold = false, int cooldown = 0, double minLr = 0, double eps = 1e-8) => new()
            {
                Maximize = maximize,
                Factor = factor,
                Patience = patience,
                Threshold = threshold,
                AbsoluteThreshold = absoluteThreshold,
                Cooldown = cooldown,
                Minimum = minLr / baseLr,
                SmallestChange = eps / baseLr,
            };
        }
    }
}
