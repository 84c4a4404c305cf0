using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam in the eigenbasis of Shampoo's preconditioner: the basis is renewed every few steps, Adam runs in it at every step.
/// <code>
/// first step: L = (1 - beta) g g^T, R = (1 - beta) g^T g, their eigenvectors QL, QR; no step
/// g' = QL^T g QR,   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g'^2
/// u  = QL (QL^T m QR / (sqrt(v) + epsilon)) QR^T
/// w -= rate sqrt(1 - beta2^t) / (1 - beta1^t) u,   w *= 1 - rate decay
/// L  = beta L + (1 - beta) g g^T,   R = beta R + (1 - beta) g^T g;   every Frequency steps QL = qr(L QL), QR = qr(R QR)
/// </code>
/// Vyas et al. 2024, SOAP: improving and stabilizing Shampoo using Adam, arXiv:2409.11321. Equals pytorch_optimizer's SOAP up to its
/// float32 QR. Vectors have no basis unless PreconditionVectors is set.
/// </summary>
public sealed record Soap : Optimizer
{
    internal Soap() : base(3e-3) => (WeightDecay, DecayKind) = (0.01, WeightDecayKind.Decoupled);

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.95.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.95;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.95.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.95;

    /// <summary>The part of the preconditioner that is kept, at least 0 and below 1. Null: beta2.</summary>
    public double? PreconditionerBeta { get; init => field = value is { } beta ? Require.Fraction(beta) : null; }

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Steps from one renewal of the basis to the next, at least 1. Default 10.</summary>
    public int Frequency { get; init => field = Require.AtLeast(1, value, "10 is usual."); } = 10;

    /// <summary>Dimensions above this have no basis, at least 1. Default 10000.</summary>
    public int LargestDimension { get; init => field = Require.AtLeast(1, value, "A basis has the square of the dimension in numbers."); } = 10000;

    /// <summary>Whether vectors have a basis too. Default false.</summary>
    public bool PreconditionVectors { get; init; }

    /// <summary>Whether the means are corrected for starting at zero. Default true.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Whether a step's root mean square is brought to 1. Default false.</summary>
    public bool NormalizeGradient { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Coupling.Apply(p, now);
        double rate = now.Rate * (BiasCorrection ? Sqrt(now.Filled(Beta2)) / now.Filled(now[Beta1]) : 1);
        foreach (Parameters<T> layer in p.EachLayer)
        {
            Span<T> m = layer["m"], direction = layer["direction"];
            Matrix g = layer.Read(layer.Gradients, "g");
            double[] v = layer.Scalars.Array("v", g.Values.Length);
            Eigenbasis basis = new(layer.Layer!, this);
            if (layer.IsEmpty) continue;
            if (now.T == 1)
            {
                basis.Begin(g);
                continue;
            }
            layer.Apply(new Mean<T>(this, layer, now));
            Matrix u = layer.Read(m, "u");
            basis.Into(g);
            basis.Into(u);
            for (int i = 0; i < v.Length; i++)
            {
                v[i] = Beta2 * v[i] + (1 - Beta2) * g.Values[i] * g.Values[i];
                u.Values[i] /= Sqrt(v[i]) + Epsilon;
            }
            basis.OutOf(u);
            layer.Write(u, direction);
            double size = NormalizeGradient ? layer.Norm(direction) / Sqrt(layer.Count) + Epsilon : 1;
            layer.Apply(new Move<T>(layer, now, rate / size));
            basis.Update(layer.Read(layer.Gradients, "g"), v, now.T);
        }
    }

    private readonly ref struct Mean<T>(Soap o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"];
        private readonly T beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            m[i] = beta1 * m[i] + gain1 * g;
            return w;
        }
    }

    private readonly ref struct Move<T>(Parameters<T> p, Moment now, double lr) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T keep = now.Keep, rate = lr;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => keep * (w - rate * direction[i]);
    }
}
