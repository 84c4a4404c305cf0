using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Momentum whose step, for a matrix, is replaced by the nearest orthogonal matrix; vectors are trained by AdamW.
/// <code>
/// m  = momentum m + (1 - momentum) g,   u = Nesterov: momentum m + (1 - momentum) g, else m
/// X  = u / |u|,   5 times: A = X X^T, X = a X + (b A + c A^2) X                      (Newton and Schulz)
/// w  = (1 - rate decay) w - rate scale X
/// </code>
/// Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks. Equals timm's Muon computed in double (which has
/// bfloat16) and, with the original coefficients and scale, Jordan's up to the normalisation of the momentum. A matrix is trained by
/// AdamW (NAdamW with Nesterov) with its own betas when a dimension is smaller than <see cref="SmallestDimension"/> or one dimension
/// exceeds the other more than 128 times; give output layers an AdamW group.
/// </summary>
public sealed record Muon : Optimizer
{
    internal Muon() : base(0.02) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.95.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0.95;

    /// <summary>Whether the step looks ahead along the velocity. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How often the matrix is brought nearer to orthogonality, at least 1. Default 5.</summary>
    public int Iterations { get; init => field = Require.AtLeast(1, value, "5 is usual."); } = 5;

    /// <summary>The polynomial that does it. Default quintic.</summary>
    public MuonCoefficients Coefficients { get; init => field = Require.Defined(value); } = MuonCoefficients.Quintic;

    /// <summary>How the rate of a matrix depends on its shape. Default: steps as large as AdamW's.</summary>
    public MuonScale Scale { get; init => field = Require.Defined(value); } = MuonScale.MatchAdamW;

    /// <summary>Keeps the divisions finite; above 0. Default 1e-7.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-7 is usual."); } = 1e-7;

    /// <summary>A factor of the norm that the matrix is divided by, above 0. Default 1.</summary>
    public double SafetyFactor { get; init => field = Require.Positive(value, "1 is usual."); } = 1;

    /// <summary>Whether epsilon is added to the norm in proportion to sqrt(inputs / outputs), and is not its floor. Default false.</summary>
    public bool ScaleEpsilon { get; init; }

    /// <summary>Whether the orthogonal step is divided by a running root mean square as well: AdaMuon. Default false.</summary>
    public bool Adaptive { get; init; }

    /// <summary>Matrices with a smaller dimension are trained by AdamW, at least 1. Default 4.</summary>
    public int SmallestDimension { get; init => field = Require.AtLeast(1, value, "4 is usual."); } = 4;

    /// <summary>The part of the mean gradient that AdamW keeps for vectors, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that AdamW keeps for vectors, at least 0 and below 1. Default 0.95.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.95;

    /// <summary>A factor of the rate of vectors, at least 0. Default 1.</summary>
    public double VectorRateFactor { get; init => field = Require.NotNegative(value, "1 is usual."); } = 1;

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            Span<T> direction = layer["direction"];
            if (!IsMatrix(layer.Layer!))
            {
                layer.Apply(new Vector<T>(this, layer, now));
                continue;
            }
            layer.Apply(new Velocity<T>(this, layer, now));
            Matrix x = layer.Read(direction, "x");
            if (layer.IsEmpty) continue;
            Orthogonal.Approximate(x, this, layer.Layer!);
            layer.Write(x, direction);
            double scale = Factor(x.Columns, x.Rows);
            if (Adaptive) scale *= Adapt(layer, now);
            layer.Apply(new Move<T>(layer, now, now.Rate * scale));
        }
    }

    private bool IsMatrix(StoredLayer layer) =>
        layer.Spec.Shape.Length > 1 && Min(layer.Rows, layer.Columns) >= Max(2, SmallestDimension) && Max(layer.Rows, layer.Columns) <= 128.0 * Min(layer.Rows, layer.Columns);

    private double Factor(double outputs, double inputs) => (Scale, Adaptive) switch
    {
        (MuonScale.Original, _) => Sqrt(Max(1, outputs / inputs)),
        (MuonScale.MatchAdamW, true) => 0.2 * Sqrt(outputs * inputs),
        (MuonScale.MatchAdamW, false) => 0.2 * Sqrt(Max(outputs, inputs)),
        (MuonScale.RootMeanSquare, _) => Sqrt(outputs / inputs),
        (MuonScale.RootOfInputs, _) => 1 / Sqrt(inputs),
        _ => 1,
    };

    /// <summary>Divides the direction by its running root mean square; returns what is left of the rate.</summary>
    private double Adapt<T>(Parameters<T> p, Moment now) where T : struct, ILane<T>
    {
        bool normalise = Scale == MuonScale.MatchAdamW;
        p.Apply(new Second<T>(this, p, normalise ? 1 : 1 / now.Filled(Beta2)));
        return normalise ? 1 / (p.Norm(p["direction"]) + Epsilon) : 1;
    }

    private readonly ref struct Velocity<T>(Muon o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], direction = p["direction"];
        private readonly T decay = now.Coupled, momentum = now[o.Momentum], gain = 1 - now[o.Momentum];
        private readonly bool nesterov = o.Nesterov;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T u = m[i] = momentum * m[i] + gain * g;
            direction[i] = nesterov ? momentum * u + gain * g : u;
            return w;
        }
    }

    private readonly ref struct Second<T>(Muon o, Parameters<T> p, double correction) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> v = p["v"], direction = p["direction"];
        private readonly T beta2 = o.Beta2, gain2 = 1 - o.Beta2, unbias = correction, epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T u = direction[i];
            T second = v[i] = beta2 * v[i] + gain2 * u * u;
            direction[i] = u / (Lane.Sqrt(unbias * second) + epsilon);
            return w;
        }
    }

    private readonly ref struct Move<T>(Parameters<T> p, Moment now, double lr) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T keep = now.Keep, rate = lr;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => keep * w - rate * direction[i];
    }

    private readonly ref struct Vector<T>(Muon o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = 1 - now.Shrink * (o.DecayKind == WeightDecayKind.Decoupled ? o.VectorRateFactor : 1), decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate * o.VectorRateFactor / now.Filled(now[o.Beta1]),
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
            return keep * w - rate * first / (Lane.Sqrt(unbias * second) + epsilon);
        }
    }
}
