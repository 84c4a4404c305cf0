namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>ML.NET's own rates: the decays of its image trainer (computed there in single precision) and those built into its linear trainers.</summary>
        public static class MlNet
        {
            /// <summary>ExponentialLRDecay: decayRate^(t / decaySteps), by stairs unless staircase is false; decaySteps is numEpochsPerDecay times the batches of an epoch, rounded down.</summary>
            public static LrSchedule ExponentialLRDecay(int decaySteps, double decayRate = 0.94, bool staircase = true) =>
                staircase ? LrSchedule.Step(decaySteps.Steps(), decayRate) : LrSchedule.Exponential(decayRate, decaySteps.Steps());

            /// <summary>PolynomialLRDecay over decaySteps, counted as for the exponential, to an absolute rate; with cycle as in Keras.</summary>
            public static LrSchedule PolynomialLRDecay(int decaySteps, double endLearningRate = 1e-4, double power = 1, bool cycle = false) => cycle
                ? LrSchedule.PolynomialCycles(decaySteps.Steps(), power, toRate: endLearningRate)
                : LrSchedule.Polynomial(decaySteps.Steps(), power, toRate: endLearningRate);

            /// <summary>LsrDecay: batchSize / 128 times the scale of the last start epoch that is reached. Before the first start epoch the scale is 1. The list may be in any order here; there it must descend.</summary>
            public static LrSchedule LsrDecay(int batchSize, (int StartEpoch, double Scale)[] items)
            {
                (int StartEpoch, double Scale)[] sorted = [.. items.OrderBy(item => item.StartEpoch)];
                if (sorted.Length == 0 || sorted[0].StartEpoch > 0)
                    sorted = [(0, 1), .. sorted];
                double[] values = [.. sorted.Select(item => item.Scale * batchSize / 128.0)];
                return sorted.Length == 1 ? LrSchedule.Hold(at: values[0]) : LrSchedule.Piecewise([.. sorted.Skip(1).Select(item => item.StartEpoch.Epochs())], values);
            }

            /// <summary>SgdCalibrated: 1 / (1 + learningRate l2Regularization t).</summary>
            public static LrSchedule Sgd(double learningRate, double l2Regularization) => LrSchedule.InverseTime((1 / (learningRate * l2Regularization)).Steps());

            /// <summary>OnlineGradientDescent and AveragedPerceptron with a decreasing rate: 1 / sqrt(t + 1).</summary>
            public static LrSchedule OnlineLinearDecrease() => LrSchedule.InverseSquareRoot(1.Steps());
        }
    }
}
