namespace Microsoft.ML.LrSchedules;

/// <summary>Curves one after the other; the last goes on for ever.</summary>
internal sealed class SequenceCurve(double[] starts, Curve[] curves) : Curve
{
    internal override double End => curves[^1].End;

    internal override double At(double t)
    {
        int i = starts.Length - 1;
        while (t < starts[i])
            i--;
        return curves[i].At(t - starts[i]);
    }
}
