using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam that estimates its own rate from how far the weights have come: leave the rate at 1 and choose only a schedule.
/// <code>
/// m  = beta1 m + (1 - beta1) d g,   v = beta2 v + (1 - beta2) d^2 g^2
/// a  = beta3 a + d^2 / d0 rate (g . (w_0 - w)),   s = beta3 s + d^2 / d0 rate g
/// d  = max(d, coefficient a / |s|_1)
/// w -= d rate m / (sqrt(v) + d epsilon)                    (the d of before this step in front, the new d below)
/// </code>
/// Mishchenko and Defazio 2023, Prodigy: an expeditiously adaptive parameter-free learner, arXiv:2306.06101. Equals konstmish/prodigy.
/// Each group estimates its own d.
/// </summary>
public sealed record Prodigy : Optimizer
{
    internal Prodigy() : base(1) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>The part of the estimate that is kept, at least 0 and below 1. Null: sqrt(beta2).</summary>
    public double? Beta3 { get; init => field = value is { } beta ? Require.Fraction(beta) : null; }

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>The first estimate, above 0. Default 1e-6.</summary>
    public double FirstEstimate { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>A factor of the estimate, above 0. Default 1.</summary>
    public double Coefficient { get; init => field = Require.Positive(value, "0.5 to 2 is usual."); } = 1;

    /// <summary>The largest factor by which the estimate may grow in a step, at least 1. Null: any.</summary>
    public double? GrowthRate { get; init => field = ParameterFree.Growth(value); }

    /// <summary>Whether the means are corrected for starting at zero. Default false.</summary>
    public bool BiasCorrection { get; init; }

    /// <summary>Whether a warmup is kept out of the estimate. Default false.</summary>
    public bool SafeguardWarmup { get; init; }

    /// <summary>
    /// The estimate of the rate looks at every so manieth value of a parameter, at least 1. Default 1: at all. With 11, as its authors
    /// suggest for large networks, it saves them memory; here it only equals them. Values are counted along the inputs of each output.
    /// </summary>
    public int Slice { get; init => field = Require.AtLeast(1, value, "1 looks at every value, 11 is usual for large networks."); } = 1;

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        // How far each weight has come, w_0 - w, is summed up and not subtracted: in float the difference would have few digits.
        Span<T> s = p["s"], way = p["way"];
        ref double d = ref p.Scalars["d", FirstEstimate], most = ref p.Scalars["d_max", FirstEstimate];
        ref double numerator = ref p.Scalars["numerator"], steps = ref p.Scalars["steps"];
        double beta1 = now[Beta1], beta3 = Beta3 ?? Sqrt(Beta2);
        double bias = BiasCorrection ? Sqrt(1 - Pow(Beta2, steps + 1)) / (1 - Pow(beta1, steps + 1)) : 1;
        double before = d, rate = d * now.Rate * bias, growth = d / FirstEstimate;

        if (Slice > 1 && now.T == 1) Choose(p);
        double towards = p.Sum(new Towards<T>(this, p, now, way));
        p.Apply(new Averages<T>(this, p, now, before, beta3, growth * (SafeguardWarmup ? d : rate)));
        double travelled = now.Rate > 0 ? p.SumOfMagnitudes(s) : 0;
        if (travelled != 0)
        {
            numerator = beta3 * numerator + growth * rate * towards;
            double estimate = Coefficient * numerator / travelled;
            if (d == FirstEstimate) d = Max(d, estimate);
            most = Max(most, estimate);
            d = Min(most, d * (GrowthRate ?? double.PositiveInfinity));
            steps++;
        }
        p.Apply(new Move<T>(this, p, now, travelled == 0 ? 0 : rate, d));
    }

    /// <summary>Marks the values that the estimate looks at.</summary>
    private void Choose<T>(Parameters<T> p) where T : struct, ILane<T>
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            Span<T> chosen = layer[Chosen];
            if (layer.IsEmpty) continue;
            bool matrix = layer.Layer!.Spec.Shape.Length > 1;
            Matrix marks = layer.Read(chosen, Chosen);
            for (int i = 0; i < marks.Rows; i++)
                for (int j = 0; j < marks.Columns; j++)
                    marks.Values[i * marks.Columns + j] = ((matrix ? j * marks.Rows + i : i * marks.Columns + j) % Slice) == 0 ? 1 : 0;
            layer.Write(marks, chosen);
        }
    }

    private const string Chosen = "chosen";

    private readonly ref struct Towards<T>(Prodigy o, Parameters<T> p, Moment now, ReadOnlySpan<T> way) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> w = p.Weights, g = p.Gradients, way = way, chosen = o.Slice > 1 ? p[Chosen] : default;
        private readonly T decay = now.Coupled;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i)
        {
            T product = (g[i] + decay * w[i]) * way[i];
            return chosen.IsEmpty ? product : chosen[i] * product;
        }
    }

    private readonly ref struct Averages<T>(Prodigy o, Parameters<T> p, Moment now, double d, double beta, double weight) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], s = p["s"], chosen = o.Slice > 1 ? p[Chosen] : default;
        private readonly bool on = now.Rate > 0;

        private readonly T decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = d * (1 - now[o.Beta1]),
                           beta2 = o.Beta2, gain2 = d * d * (1 - o.Beta2),
                           beta3 = beta, gain3 = weight;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            if (!on) return w;
            g += decay * w;
            m[i] = beta1 * m[i] + gain1 * g;
            v[i] = beta2 * v[i] + gain2 * g * g;
            if (!chosen.IsEmpty) g = chosen[i] * g;
            s[i] = beta3 * s[i] + gain3 * g;
            return w;
        }
    }

    private readonly ref struct Move<T>(Prodigy o, Parameters<T> p, Moment now, double lr, double d) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], way = p["way"];
        private readonly bool fresh = o.Beta1 == 0;

        private readonly T decay = now.Coupled, rate = lr,
                           shrink = o.DecayKind == WeightDecayKind.Decoupled ? now.Decay * lr : now.Shrink,
                           distance = d, epsilon = d * o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T step = shrink * w + rate * (fresh ? distance * (g + decay * w) : m[i]) / (Sqrt(v[i]) + epsilon);
            way[i] += step;
            return w - step;
        }
    }
}
