using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam without momentum whose second moments of a matrix are the product of a row and a column: little memory, rates relative to weights.
/// <code>
/// b  = 1 - t^decayRate,   v = b v + (1 - b) (g^2 + epsilon1)          (matrix: R, C its row and column means, v = R C / mean(R))
/// u  = g / sqrt(v),   u /= max(1, RMS(u) / ClipThreshold)
/// a  = rate, or relative: max(epsilon2, RMS(w)) min(rate, 1 / sqrt(t))
/// m  = beta1 m + (1 - beta1) a u                                       (without beta1: m = a u)
/// w  = (1 - a decay) w - m
/// </code>
/// Shazeer and Stern 2018, Adafactor: adaptive learning rates with sublinear memory cost, arXiv:1804.04235.
/// <see cref="AdafactorForm"/> says which of the three usual forms: timm's (and Hugging Face's), PyTorch's, or big_vision's.
/// </summary>
public sealed record Adafactor : Optimizer
{
    internal Adafactor() : base(1e-2) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>Whose form. Default PyTorch's.</summary>
    public AdafactorForm Form { get; init => field = Require.Defined(value); }

    /// <summary>The power of t by which the memory of the second moments grows, above 0. Default 0.8.</summary>
    public double DecayRate { get; init => field = Require.Positive(value, "0.8 is usual."); } = 0.8;

    /// <summary>The most that second moments keep, above 0 and at most 1; big_vision 0.999. Default 1: no limit.</summary>
    public double LargestBeta2 { get; init => field = Require.Between(0, 1, value, "0.999 is usual."); } = 1;

    /// <summary>The part of the mean step that is kept, at least 0 and below 1; null: no mean. Default null; big_vision 0.9.</summary>
    public double? Beta1 { get; init => field = value is { } beta ? Require.Fraction(beta) : null; }

    /// <summary>Keeps second moments above 0. Null: 1e-30, or PyTorch's machine epsilon.</summary>
    public double? Epsilon { get; init => field = value is { } epsilon ? Require.Positive(epsilon, "1e-30 is usual.") : null; }

    /// <summary>The least scale of a relative step, at least 0. Default 1e-3.</summary>
    public double ScaleEpsilon { get; init => field = Require.NotNegative(value, "1e-3 is usual."); } = 1e-3;

    /// <summary>The largest root mean square of a step before the rate, above 0; null: any. Default 1.</summary>
    public double? ClipThreshold { get; init => field = value is { } most ? Require.Positive(most, "1 is usual.") : null; } = 1;

    /// <summary>Matrices with a smaller dimension keep all second moments, at least 0. Default 0.</summary>
    public int SmallestFactored { get; init => field = Require.AtLeast(0, value, "16 and 32 are usual."); }

    /// <summary>big_vision: whether weight decay does not depend on the rate. Default false.</summary>
    public bool UnscaledDecay { get; init; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them; needs beta1. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    /// <summary>As timm computes big_vision's form, for comparison with it: no row factor where a matrix has more outputs than inputs.</summary>
    internal bool AsTimm { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Coupling.Apply(p, now);
        foreach (Parameters<T> layer in p.EachLayer)
        {
            Span<T> direction = layer["direction"];
            double beta2 = Min(LargestBeta2, 1 - Pow(now.T, -DecayRate));
            double relative = Max(ScaleEpsilon, layer.Norm(layer.Weights) / Sqrt(layer.Count)) * Min(now.Rate, 1 / Sqrt(now.T));
            double rate = Form == AdafactorForm.PyTorch ? relative : now.Rate;
            Normalise(layer, direction, beta2);
            double size = layer.Norm(direction) / Sqrt(layer.Count);
            double inner = Form == AdafactorForm.BigVision ? 1 : rate, outer = Form == AdafactorForm.BigVision ? rate : 1;
            layer.Apply(new Move<T>(this, layer, Keep(now), inner / Clip(size), outer));
            if (Cautious && Beta1 is not null) Caution.Move(layer);
        }
    }

    /// <summary>big_vision divides by min, not max: small steps grow and large ones stay.</summary>
    private double Clip(double size) => ClipThreshold is not { } most ? 1
        : Form == AdafactorForm.BigVision ? (size == 0 ? 1 : Min(1, size * most))
        : Max(1, size / most);

    private double Keep(Moment now) => UnscaledDecay && DecayKind == WeightDecayKind.Decoupled
        ? 1 - now.Decay
        : now.Keep;

    private void Normalise<T>(Parameters<T> layer, Span<T> direction, double beta2) where T : struct, ILane<T>
    {
        bool isTorch = Form == AdafactorForm.PyTorch;
        double floor = Epsilon ?? (isTorch ? layer.MachineEpsilon : 1e-30);
        double added = isTorch ? 0 : floor, least = isTorch ? floor * floor : 0;
        if (!Factored.Applies(layer.Layer!, SmallestFactored, Form == AdafactorForm.Paper))
        {
            layer.Apply(new Whole<T>(layer, beta2, added, least));
            return;
        }
        Factored moments = new(layer.Layer!, "row", "column");
        Matrix g = layer.Read(layer.Gradients, "g");
        if (layer.IsEmpty) return;
        moments.Take(g, beta2, added);
        if (AsTimm && g.Columns > g.Rows) moments.DivideByColumns(g);
        else moments.Divide(g, isTorch ? floor : 0, least);
        layer.Write(g, direction);
    }

    private readonly ref struct Whole<T>(Parameters<T> p, double beta, double added, double least) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> v = p["v"], direction = p["direction"];
        private readonly T beta2 = beta, gain2 = 1 - beta, epsilon = added, floor = least;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T second = v[i] = beta2 * v[i] + gain2 * (g * g + epsilon);
            direction[i] = g / Lane.Sqrt(Lane.Max(second, floor));
            return w;
        }
    }

    private readonly ref struct Move<T>(Adafactor o, Parameters<T> p, double kept, double inner, double outer) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"], m = o.Beta1 is null ? default : p["m"];
        private readonly Caution<T> caution = new(p, o.Cautious && o.Beta1 is not null);

        private readonly T keep = kept, scale = inner, rate = outer, beta1 = o.Beta1 ?? 0, gain1 = 1 - (o.Beta1 ?? 0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T step = scale * direction[i];
            if (!m.IsEmpty) step = m[i] = beta1 * m[i] + gain1 * step;
            return keep * w - caution.Allow(i, rate * step, g);
        }
    }
}
