using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Steps in units of earlier steps: no rate needs to be chosen.
/// <code>
/// g += decay w
/// s  = rho s + (1 - rho) g^2
/// d  = sqrt(a + epsilon) / sqrt(s + epsilon) g
/// a  = rho a + (1 - rho) d^2
/// w -= rate d
/// </code>
/// Zeiler 2012, ADADELTA, arXiv:1212.5701. Equals PyTorch's, Keras' and optax's Adadelta.
/// </summary>
public sealed record Adadelta : Optimizer
{
    internal Adadelta() : base(1)
    {
    }

    /// <summary>The part of the running means that is kept, at least 0 and below 1. Default 0.9.</summary>
    public double Rho { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>Keeps the division finite; above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Adadelta o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> square = p["square"], steps = p["steps"];

        private readonly T rate = now.Rate,
                           keep = now.Keep, decay = now.Coupled,
                           rho = o.Rho, gain = 1 - o.Rho,
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T s = square[i] = rho * square[i] + gain * g * g;
            T move = Sqrt(steps[i] + epsilon) / Sqrt(s + epsilon) * g;
            steps[i] = rho * steps[i] + gain * move * move;
            return keep * w - rate * move;
        }
    }
}
