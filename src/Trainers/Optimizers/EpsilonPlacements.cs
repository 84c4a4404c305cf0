namespace Microsoft.ML.Trainers.Torch;

/// <summary>Epsilon as two numbers, one of them 0, so that a rule needs no branch.</summary>
internal static class EpsilonPlacements
{
    public static double Inside(this EpsilonPlacement placement, double epsilon) => placement == EpsilonPlacement.InsideRoot ? epsilon : 0;

    public static double Outside(this EpsilonPlacement placement, double epsilon) => placement == EpsilonPlacement.OutsideRoot ? epsilon : 0;
}
