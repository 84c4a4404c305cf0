namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    public static partial class Like
    {
        /// <summary>scikit-learn's SGD and MLP learning_rate options.</summary>
        public static class ScikitLearn
        {
            /// <summary>SGDClassifier invscaling: eta0 / t^powerT with t from 1.</summary>
            public static LrSchedule SgdInvscaling(double powerT = 0.25) => LrSchedule.InverseTime(1.Steps(), powerT);

            /// <summary>SGDClassifier optimal: 1 / (alpha (t0 + t - 1)) with t from 1, relative to its first rate, 1 / (alpha t0).</summary>
            public static LrSchedule SgdOptimal(double t0) => LrSchedule.InverseTime(t0.Steps());

            /// <summary>MLPClassifier invscaling: eta0 / (n + 1)^powerT with n the samples seen, changed once per epoch.</summary>
            public static LrSchedule MlpInvscaling(double powerT = 0.5) => LrSchedule.InverseTime(1.Samples(), powerT).PerEpoch();

            /// <summary>MLPClassifier adaptive: the rate is divided by 5 after n_iter_no_change epochs without improvement by tol.</summary>
            public static ReduceOnPlateau MlpAdaptive(int nIterNoChange = 10, double tol = 1e-4) =>
                new() { Factor = 0.2, Patience = nIterNoChange, Threshold = tol, AbsoluteThreshold = true };
        }
    }
}
