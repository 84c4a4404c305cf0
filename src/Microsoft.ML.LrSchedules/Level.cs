namespace Microsoft.ML.LrSchedules;

/// <summary>A height of the curve: a factor of the peak rate (<c>0.01</c>), or an absolute rate (<c>Level.OfRate(1e-6)</c>) that <c>Bind</c> divides by the peak rate.</summary>
public readonly record struct Level
{
    private Level(double value, bool isRate)
    {
        Value = Guard.Finite(value, "A level is a factor of the peak rate or a rate.");
        IsRate = isRate;
    }

    /// <summary>The factor or the rate.</summary>
    public double Value { get; }

    /// <summary>Whether <see cref="Value"/> is an absolute rate.</summary>
    public bool IsRate { get; }

    /// <summary>A factor of the peak rate.</summary>
    /// <param name="factor">Finite.</param>
    public static Level OfPeak(double factor) => new(factor, false);

    /// <summary>An absolute rate; the schedule must then be bound with a peak rate.</summary>
    /// <param name="rate">Finite.</param>
    public static Level OfRate(double rate) => new(rate, true);

    /// <summary>A number is a factor of the peak rate.</summary>
    /// <param name="factor">Finite.</param>
    public static implicit operator Level(double factor) => OfPeak(factor);

    internal static Level Pick(double factor, double? rate) => rate is { } r ? OfRate(r) : OfPeak(factor);

    internal static Level? PickOptional(double? factor, double? rate) => rate is { } r ? OfRate(r) : factor is { } f ? OfPeak(f) : null;
}
