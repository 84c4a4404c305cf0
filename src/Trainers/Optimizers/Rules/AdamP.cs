using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdamW that takes out of each step what would only make a scale-invariant weight longer.
/// <code>
/// u  = m' / (sqrt(v') + epsilon)                                (Nesterov: beta1 m + (1 - beta1) g in place of m)
/// for each matrix, if all |cos(g_j, w_j)| &lt; delta / sqrt(inputs) for the weights w_j of one output, else if |cos(g, w)| &lt; delta / sqrt(n):
///     u -= (u . w) w / |w|^2,   decay *= DecayRatio
/// w  = (1 - rate decay) w - rate u
/// </code>
/// Heo et al. 2021, AdamP: slowing down the slowdown for momentum optimizers on scale-invariant weights, arXiv:2006.08217. Equals timm's AdamP.
/// </summary>
public sealed record AdamP : Optimizer
{
    internal AdamP() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>How orthogonal weights and gradient must be to count as scale-invariant, above 0. Default 0.1.</summary>
    public double Delta { get; init => field = Require.Positive(value, "0.1 is usual."); } = 0.1;

    /// <summary>A factor of the weight decay of scale-invariant weights, at least 0. Default 0.1.</summary>
    public double DecayRatio { get; init => field = Require.NotNegative(value, "0.1 is usual."); } = 0.1;

    /// <summary>Whether the step looks ahead along the mean gradient. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            layer.Apply(new Direction<T>(this, layer, now));
            bool projected = layer.Layer!.Spec.Shape.Length > 1 && Project(layer);
            if (Cautious && !projected) layer.Apply(new Agree<T>(layer, Share(layer)));
            layer.Apply(new Move<T>(this, layer, now, projected ? DecayRatio : 1));
        }
    }

    /// <summary>Takes the radial part out of the direction, output by output or for the layer as a whole.</summary>
    private bool Project<T>(Parameters<T> p) where T : struct, ILane<T>
    {
        Matrix w = p.Read(p.Weights, "w"), g = p.Read(p.Gradients, "g"), u = p.Read(p["direction"], "u");
        if (p.IsEmpty) return false;
        foreach (bool byOutput in (ReadOnlySpan<bool>)[true, false])
        {
            int views = byOutput ? w.Columns : 1;
            double largest = 0;
            for (int j = 0; j < views; j++)
                largest = Max(largest, Abs(Dot(g, w, j, byOutput)) / (Max(Norm(g, j, byOutput), Epsilon) * Max(Norm(w, j, byOutput), Epsilon)));
            if (largest >= Delta / Sqrt((double)w.Values.Length / views)) continue;
            for (int j = 0; j < views; j++) TakeOut(u, w, j, byOutput);
            if (Cautious) Agreeing(u, g, w, byOutput);
            p.Write(u, p["direction"]);
            return true;
        }
        return false;
    }

    /// <summary>Masks the projected direction by its agreement with the projected gradient, and projects it again.</summary>
    private void Agreeing(Matrix u, Matrix g, Matrix w, bool byOutput)
    {
        int views = byOutput ? w.Columns : 1;
        for (int j = 0; j < views; j++) TakeOut(g, w, j, byOutput);
        int agree = 0;
        for (int i = 0; i < u.Values.Length; i++)
            if (u.Values[i] * g.Values[i] > 0) agree++;
        double scale = 1 / Max((double)agree / u.Values.Length, 1e-3);
        for (int i = 0; i < u.Values.Length; i++) u.Values[i] *= u.Values[i] * g.Values[i] > 0 ? scale : 0;
        for (int j = 0; j < views; j++) TakeOut(u, w, j, byOutput);
    }

    private void TakeOut(Matrix u, Matrix w, int j, bool byOutput)
    {
        double length = Norm(w, j, byOutput) + Epsilon, radial = Dot(w, u, j, byOutput) / (length * length);
        for (int i = byOutput ? j : 0; i < w.Values.Length; i += byOutput ? w.Columns : 1) u.Values[i] -= radial * w.Values[i];
    }

    private static double Norm(Matrix a, int j, bool byOutput) => Sqrt(Dot(a, a, j, byOutput));

    private static double Dot(Matrix a, Matrix b, int j, bool byOutput)
    {
        double sum = 0;
        for (int i = byOutput ? j : 0; i < a.Values.Length; i += byOutput ? a.Columns : 1) sum += a.Values[i] * b.Values[i];
        return sum;
    }

    private static double Share<T>(Parameters<T> p) where T : struct, ILane<T> => p.Sum(new Agreement<T>(p)) / p.Count;

    private readonly ref struct Direction<T>(AdamP o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], direction = p["direction"];

        private readonly T decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           unbias = 1 / now.Filled(o.Beta2),
                           epsilon = o.Epsilon;

        private readonly bool nesterov = o.Nesterov;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            if (nesterov) first = beta1 * first + gain1 * g;
            direction[i] = first / (Lane.Sqrt(unbias * second) + epsilon);
            return w;
        }
    }

    private readonly ref struct Agreement<T>(Parameters<T> p) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> direction = p["direction"], g = p.Gradients;
        private readonly T yes = 1, no = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => Lane.Where(direction[i] * g[i], yes, no);
    }

    private readonly ref struct Agree<T>(Parameters<T> p, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T scale = 1 / Max(share, 1e-3), none = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            direction[i] = Lane.Where(direction[i] * g, scale * direction[i], none);
            return w;
        }
    }

    private readonly ref struct Move<T>(AdamP o, Parameters<T> p, Moment now, double ratio) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T keep = 1 - now.Shrink * ratio, rate = now.Rate / now.Filled(now[o.Beta1]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => keep * w - rate * direction[i];
    }
}
