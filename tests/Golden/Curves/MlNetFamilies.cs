using Microsoft.ML.LrSchedules;
using MlNet = Microsoft.ML.LrSchedules.LrSchedule.Like.MlNet;

namespace Golden.Curves;

/// <summary>ML.NET's own rates.</summary>
internal static class MlNetFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        int DecaySteps() => (int)(p.Number("numEpochsPerDecay", 2) * p.Int("batchesPerEpoch"));
        switch (curve.Family)
        {
            case "mlnet.ExponentialLRDecay":
                p.Int("batchSize", 1);
                return Families.Rates(curve, MlNet.ExponentialLRDecay(DecaySteps(), p.Number("decayRate", 0.94), p.Flag("staircase", true)), p.Number("learningRate"));
            case "mlnet.PolynomialLRDecay":
                p.Int("batchSize", 1);
                return Families.Rates(curve, MlNet.PolynomialLRDecay(DecaySteps(), p.Number("endLearningRate", 1e-4), p.Number("power", 1), p.Flag("cycle", false)), p.Number("learningRate"));
            case "mlnet.LsrDecay":
                (int, double)[] items = [.. p.Raw("items").EnumerateArray().Select(item => ((int)item[0].GetDouble(), item[1].GetDouble()))];
                return Families.Rates(curve, MlNet.LsrDecay(p.Int("batchSize"), items), p.Number("baseLearningRate"));
            case "mlnet.SgdRate":
                double rate = p.Number("learningRate");
                return Families.Rates(curve, MlNet.Sgd(rate, p.Number("l2Regularization")), rate);
            case "mlnet.OnlineLinearDecrease":
                return Families.Rates(curve, MlNet.OnlineLinearDecrease(), p.Number("learningRate"));
            default:
                return null;
        }
    }
}
