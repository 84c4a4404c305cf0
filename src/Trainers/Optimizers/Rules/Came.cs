using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adafactor with momentum, whose steps are long only where they agree with their own mean.
/// <code>
/// v  = beta2 v + (1 - beta2) (g^2 + epsilon1)                   (matrix: rows times columns, as in Adafactor)
/// u  = g / sqrt(v),   u /= max(1, RMS(u) / ClipThreshold)
/// m  = beta1 m + (1 - beta1) u
/// s  = beta3 s + (1 - beta3) ((u - m)^2 + epsilon2)             (matrix only: rows times columns)
/// w  = (1 - rate decay) w - rate m / sqrt(s)                    (vector: rate m)
/// </code>
/// Luo et al. 2023, CAME: confidence-guided adaptive memory efficient optimization, arXiv:2307.02047. Equals pytorch_optimizer's CAME for
/// matrices; for vectors that one multiplies the mean by the rate at every step, in place.
/// </summary>
public sealed record Came : Optimizer
{
    internal Came() : base(2e-4) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>The part of the mean disagreement that is kept, at least 0 and below 1. Default 0.9999.</summary>
    public double Beta3 { get; init => field = Require.Fraction(value); } = 0.9999;

    /// <summary>Keeps second moments above 0. Default 1e-30.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-30 is usual."); } = 1e-30;

    /// <summary>Keeps disagreements above 0. Default 1e-16.</summary>
    public double ConfidenceEpsilon { get; init => field = Require.Positive(value, "1e-16 is usual."); } = 1e-16;

    /// <summary>The largest root mean square of a step before the rate, above 0. Default 1.</summary>
    public double ClipThreshold { get; init => field = Require.Positive(value, "1 is usual."); } = 1;

    /// <summary>Whether second moments never fall. Default false.</summary>
    public bool AmsBound { get; init; }

    /// <summary>As pytorch_optimizer computes it, for comparison with it: the mean of a vector is multiplied by the rate at every step.</summary>
    internal bool AsPytorchOptimizer { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Coupling.Apply(p, now);
        foreach (Parameters<T> layer in p.EachLayer)
        {
            Span<T> direction = layer["direction"];
            bool matrix = layer.Layer!.Spec.Shape.Length > 1;
            if (matrix) Rows(layer, direction);
            else layer.Apply(new Whole<T>(this, layer));
            double size = layer.Norm(direction) / Sqrt(layer.Count);
            layer.Apply(new Mean<T>(this, layer, now, 1 / Max(1, size / ClipThreshold)));
            if (matrix) Confidence(layer, direction);
            else if (!layer.IsEmpty) layer.Copy(layer["m"], direction);
            layer.Apply(new Move<T>(layer, now));
            if (AsPytorchOptimizer && !matrix) layer.Apply(new Scaled<T>(layer, now));
        }
    }

    private void Rows<T>(Parameters<T> layer, Span<T> direction) where T : struct, ILane<T>
    {
        Factored moments = new(layer.Layer!, "row", "column");
        Matrix g = layer.Read(layer.Gradients, "g");
        double[] peak = AmsBound ? layer.Scalars.Array("peak", g.Values.Length) : [];
        if (layer.IsEmpty) return;
        moments.Take(g, Beta2, Epsilon);
        if (AmsBound) moments.DivideByLargest(g, peak, Beta2);
        else moments.Divide(g, 0, 0);
        layer.Write(g, direction);
    }

    private void Confidence<T>(Parameters<T> layer, Span<T> direction) where T : struct, ILane<T>
    {
        Factored moments = new(layer.Layer!, "confidence_row", "confidence_column");
        Matrix residual = layer.Read(direction, "residual"), m = layer.Read(layer["m"], "mean");
        if (layer.IsEmpty) return;
        for (int i = 0; i < m.Values.Length; i++) residual.Values[i] -= m.Values[i];
        moments.Take(residual, Beta3, ConfidenceEpsilon);
        moments.Divide(m, 0, 0);
        layer.Write(m, direction);
    }

    private readonly ref struct Whole<T>(Came o, Parameters<T> p) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> v = p["v"], direction = p["direction"], peak = o.AmsBound ? p["largest"] : default;
        private readonly T beta2 = o.Beta2, gain2 = 1 - o.Beta2, epsilon = o.Epsilon, unkept = 1 / o.Beta2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T second = v[i] = beta2 * v[i] + gain2 * (g * g + epsilon);
            if (peak.IsEmpty)
            {
                direction[i] = g / Lane.Sqrt(second);
                return w;
            }
            T largest = peak[i] = Lane.Max(peak[i], Lane.Sqrt(second));
            direction[i] = g / Lane.Sqrt(unkept * largest);
            return w;
        }
    }

    private readonly ref struct Mean<T>(Came o, Parameters<T> p, Moment now, double clip) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"], m = p["m"];
        private readonly T scale = clip, beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T u = direction[i] = scale * direction[i];
            m[i] = beta1 * m[i] + gain1 * u;
            return w;
        }
    }

    private readonly ref struct Scaled<T>(Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"];
        private readonly T rate = now.Rate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            m[i] = rate * m[i];
            return w;
        }
    }

    private readonly ref struct Move<T>(Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T keep = now.Keep, rate = now.Rate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => keep * w - rate * direction[i];
    }
}
