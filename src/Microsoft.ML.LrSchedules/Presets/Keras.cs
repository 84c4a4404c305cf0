namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>keras.optimizers.schedules; lengths are steps. Factors of initial_learning_rate, or of warmup_target where there is one.</summary>
        public static class Keras
        {
            /// <summary>ExponentialDecay: decayRate^(t / decaySteps), by stairs if staircase.</summary>
            public static LrSchedule ExponentialDecay(double decaySteps, double decayRate, bool staircase = false) =>
                staircase ? LrSchedule.Step(decaySteps.Steps(), decayRate) : LrSchedule.Exponential(decayRate, decaySteps.Steps());

            /// <summary>InverseTimeDecay: 1 / (1 + decayRate t / decaySteps), by stairs of decaySteps if staircase.</summary>
            public static LrSchedule InverseTimeDecay(double decaySteps, double decayRate, bool staircase = false)
            {
                LrSchedule decay = LrSchedule.InverseTime((decaySteps / decayRate).Steps());
                return staircase ? decay.Staircased(decaySteps.Steps()) : decay;
            }

            /// <summary>PolynomialDecay to an absolute rate; with cycle, again and again from a lower start (<see cref="LrSchedules.PolynomialCycles"/>).</summary>
            public static LrSchedule PolynomialDecay(double decaySteps, double endLearningRate = 1e-4, double power = 1, bool cycle = false) => cycle
                ? LrSchedule.PolynomialCycles(decaySteps.Steps(), power, toRate: endLearningRate)
                : LrSchedule.Polynomial(decaySteps.Steps(), power, toRate: endLearningRate);

            /// <summary>CosineDecay: to alpha. With a warmup, from <paramref name="from"/> (initial_learning_rate / warmup_target) to 1 first; decaySteps does not include it (optax' does).</summary>
            /// <param name="decaySteps">Steps of the decay.</param>
            /// <param name="alpha">The end value.</param>
            /// <param name="warmupSteps">Steps of the warmup; 0 for none.</param>
            /// <param name="from">The start of the warmup.</param>
            public static LrSchedule CosineDecay(double decaySteps, double alpha = 0, double warmupSteps = 0, double from = 0)
            {
                LrSchedule decay = LrSchedule.Cosine(decaySteps.Steps(), to: alpha);
                return warmupSteps == 0 ? decay : LrSchedule.Warmup(warmupSteps.Steps(), from).Then(decay);
            }

            /// <summary>CosineDecayRestarts: each cycle tMul times as long and mMul times as high; alpha is a part of the initial rate.</summary>
            public static LrSchedule CosineDecayRestarts(double firstDecaySteps, double tMul = 2, double mMul = 1, double alpha = 0)
            {
                LrSchedule cycles = LrSchedule.CosineRestarts(firstDecaySteps.Steps(), lengthFactor: tMul, heightFactor: mMul);
                return alpha == 0 ? cycles : cycles.Scaled(1 - alpha).Raised(alpha);
            }

            /// <summary>PiecewiseConstantDecay in the given values: a boundary takes effect one step after it, unlike everywhere else.</summary>
            public static LrSchedule PiecewiseConstantDecay(double[] boundaries, double[] values) =>
                LrSchedule.Piecewise([.. boundaries.Select(step => (Math.Floor(step) + 1).Steps())], values);
        }
    }
}
