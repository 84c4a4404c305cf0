using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The n optimal step sizes of gradient descent on a quadratic whose curvatures lie in [m, 1], in an order that keeps the iteration
/// stable (a fractal), each held for the same time p:
/// <code>
/// f(t) = 1 / ((1 + m)/2 - (1 - m)/2 cos(pi (s + 1/2) / n)),   s = order[floor(t / p)]
/// order doubles: [0], then each entry k of an order of length l is followed by 2 l - 1 - k
/// </code>
/// Factors lie in [1, 1/m], so the peak rate is the safe constant one. Source: Agarwal, Goel and Zhang, Acceleration via Fractal
/// Learning Rate Schedules, 2021, arXiv:2103.01338. Elsewhere: pytorch_optimizer get_chebyshev_schedule.
/// </summary>
public sealed record Chebyshev : LrSchedule
{
    internal Chebyshev(int count, TrainingSpan every, double smallest)
    {
        Count = count is > 0 and <= 1 << 20 && (count & (count - 1)) == 0 ? count : throw Guard.Out(nameof(count), "a power of two up to 2^20", count, "The order exists for powers of two only.");
        Every = every.IsRest ? throw Guard.Out(nameof(every), "a length", every, "Each step size is held for 1.Epochs() or 1.Steps().") : every;
        Smallest = smallest is > 0 and < 1 ? smallest : throw Guard.Out(nameof(smallest), "above 0 and below 1", smallest, "It is the ratio of the smallest to the largest curvature; 0.05 is usual.");
    }

    /// <summary>n, a power of two.</summary>
    public int Count { get; }

    /// <summary>How long each step size is held.</summary>
    public TrainingSpan Every { get; }

    /// <summary>m, in (0, 1).</summary>
    public double Smallest { get; }

    internal override double? LengthIn(Horizon horizon) => Positions.Snap(Count * horizon.Steps(Every));

    internal override Curve Compile(Horizon horizon, double length, double from) => new Table([.. Factors()], Every).Compile(horizon, length, from);

    internal override bool HasFixedLength => Every.IsFixed;

    internal override Node Describe() => new CallBuilder("chebyshev").Number("count", (int?)Count).Span("every", Every).Number("smallest", Smallest, 0.05).Call;

    internal static LrSchedule Read(Arguments arguments) => new Chebyshev(arguments.Int("count"), arguments.Span("every"), arguments.Number("smallest", 0.05));

    /// <summary>The factors in their order.</summary>
    internal IEnumerable<double> Factors()
    {
        int[] order = [0];
        while (order.Length < Count)
            order = [.. order.SelectMany(k => new[] { k, 2 * order.Length - 1 - k })];
        return order.Select(s => 1 / ((1 + Smallest) / 2 - (1 - Smallest) / 2 * Math.Cos(Math.PI * (s + 0.5) / Count)));
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Chebyshev(int, TrainingSpan, double)"/>
    public LrSchedule Chebyshev(int count, TrainingSpan every, double smallest = 0.05) => Then(new Chebyshev(count, every, smallest));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Chebyshev step sizes in fractal order. <see cref="LrSchedules.Chebyshev"/> has the formula.</summary>
        /// <param name="count">How many step sizes, a power of two.</param>
        /// <param name="every">How long each is held.</param>
        /// <param name="smallest">The ratio of the smallest to the largest curvature, in (0, 1).</param>
        public static LrSchedule Chebyshev(int count, TrainingSpan every, double smallest = 0.05) => new Chebyshev(count, every, smallest);
    }
}
