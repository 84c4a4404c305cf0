using Microsoft.ML.LrSchedules;

namespace Golden.Curves;

/// <summary>Curves that follow a metric: metrics[k] is observed after values[k] was used.</summary>
internal static class PlateauSeries
{
    internal static GoldenSeries Of(GoldenCurve curve, ReduceOnPlateau plateau, Func<int, double> rate, int firstObservation = 0)
    {
        double[] metrics = curve.Series("metrics")!;
        var factors = new double[metrics.Length + 1];
        PlateauState state = plateau.Start;
        factors[0] = state.Factor;
        for (int k = 0; k < metrics.Length; k++)
        {
            if (k >= firstObservation)
                state = plateau.Observe(state, metrics[k]);
            factors[k + 1] = state.Factor;
        }
        return new GoldenSeries("values", curve.Values, k => rate(k) * factors[k]);
    }
}
