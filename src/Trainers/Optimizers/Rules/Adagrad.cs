using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Each parameter's rate falls with the squares of its gradients so far.
/// <code>
/// g   += decay w
/// sum += g^2
/// w   -= rate / (1 + (t - 1) rate decay) * g / (sqrt(sum) + epsilon)        (or sqrt(sum + epsilon))
/// </code>
/// Duchi, Hazan and Singer 2011, Adaptive subgradient methods for online learning and stochastic optimization.
/// Equals PyTorch's Adagrad; Keras has epsilon 1e-7 inside the root and starts sums at 0.1.
/// </summary>
public sealed record Adagrad : Optimizer
{
    internal Adagrad() : base(1e-2)
    {
    }

    /// <summary>Keeps the division finite; above 0. Default 1e-10.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-10 is usual."); } = 1e-10;

    /// <summary>Where epsilon stands. Default outside the root.</summary>
    public EpsilonPlacement EpsilonPlacement { get; init => field = Require.Defined(value); }

    /// <summary>Where the sums of squares start; at least 0. Default 0.</summary>
    public double InitialAccumulator { get; init => field = Require.NotNegative(value, "0 or 0.1 is usual."); }

    /// <summary>How fast the rate falls with the steps, at least 0. Default 0: only by the sums and the schedule.</summary>
    public double LearningRateDecay { get; init => field = Require.NotNegative(value, "A schedule does this better."); }

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Adagrad o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> sum = p["sum", o.InitialAccumulator];

        private readonly T rate = now.Rate / (1 + (now.T - 1) * o.LearningRateDecay),
                           keep = now.Keep, decay = now.Coupled,
                           inside = o.EpsilonPlacement.Inside(o.Epsilon),
                           outside = o.EpsilonPlacement.Outside(o.Epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T s = sum[i] += g * g;
            return keep * w - rate * g / (Sqrt(s + inside) + outside);
        }
    }
}
