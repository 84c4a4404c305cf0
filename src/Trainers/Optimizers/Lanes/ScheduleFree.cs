using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>What the schedule-free optimizers share: the weights of their average, and the average itself.</summary>
internal static class ScheduleFree
{
    /// <summary>The rate with a linear warmup of its own.</summary>
    public static double Warm(Moment now, double warmupSteps) => now.T <= warmupSteps ? now.Rate * now.T / warmupSteps : now.Rate;

    /// <summary>How much of this step's z goes into the average x.</summary>
    public static void Begin(Scalars state, Moment now, double rate, double stepPower, double ratePower)
    {
        ref double peak = ref state["peak_rate"], total = ref state["weight_sum"], mix = ref state["mix"];
        peak = Math.Max(peak, rate);
        double weight = Math.Pow(now.T, stepPower) * Math.Pow(peak, ratePower);
        total += weight;
        mix = total == 0 ? 0 : weight / total;
    }

    /// <summary>x, from y = (1 - beta) z + beta x; before the first step, the weights.</summary>
    public static void Average<T>(Parameters<T> p, double beta, Span<T> destination) where T : struct, ILane<T>
    {
        if (p.Scalars["weight_sum"] == 0) p.Copy(p.Weights, destination);
        else p.Apply(new Answer<T>(p["z"], destination, 1 - 1 / beta));
    }

    /// <summary>A share that is above 0 and below 1.</summary>
    public static double Mixing(double value, string name) =>
        value is > 0 and < 1 ? value : throw Require.Error(name, "above 0 and below 1", value, "0.9 and 0.95 are usual.");

    private readonly ref struct Answer<T>(ReadOnlySpan<T> z, Span<T> destination, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> z = z;
        private readonly Span<T> destination = destination;
        private readonly T share = share;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T y, T g)
        {
            destination[i] = y + share * (z[i] - y);
            return y;
        }
    }
}
