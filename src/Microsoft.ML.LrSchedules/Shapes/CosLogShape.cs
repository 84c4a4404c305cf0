using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Waves that grow longer: <c>r(u) = 0.5 (1 - cos(2 pi log2(1 + (2^waves - 1) u)))</c>. It starts and ends at 0 and reaches 1 once in
/// each wave. Source: Holzmueller et al., Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data (RealMLP,
/// "coslog4": 4 waves), 2024, arXiv:2407.04491.
/// </summary>
public sealed record CosLogShape : Shape
{
    internal CosLogShape(int waves)
    {
        if (waves is < 1 or > 30)
            throw Guard.Out(nameof(waves), "between 1 and 30", waves, "The paper uses 4.");
        Waves = waves;
    }

    /// <summary>How many waves, 1 to 30.</summary>
    public int Waves { get; }

    /// <inheritdoc/>
    public override double Left(double u) => 0.5 * (1 - Math.Cos(2 * Math.PI * Math.Log2(1 + ((1 << Waves) - 1) * u)));

    internal override CallNode Describe() => new CallBuilder("cosLog").Number("waves", (int?)Waves, 4).Call;

    internal static Shape Read(Arguments arguments) => new CosLogShape(arguments.Int("waves", 4));
}

public abstract partial record Shape
{
    /// <inheritdoc cref="CosLogShape"/>
    /// <param name="waves">How many waves, 1 to 30.</param>
    public static Shape CosLog(int waves = 4) => new CosLogShape(waves);
}
