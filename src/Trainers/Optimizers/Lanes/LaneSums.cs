using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Sixteen running sums in double, one for each place modulo 16 of a flat buffer.</summary>
[InlineArray(Count)]
internal struct LaneSums
{
    /// <summary>The number of running sums: the alignment of a parameter.</summary>
    public const int Count = 16;

    private double first;

    /// <summary>The total, added in a fixed order.</summary>
    public readonly double Total
    {
        get
        {
            double total = 0;
            foreach (double sum in this) total += sum;
            return total;
        }
    }
}
