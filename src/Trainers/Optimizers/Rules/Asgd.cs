using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Averaged stochastic gradient descent: the answer is the mean of the weights from a step on.
/// <code>
/// g += decay w
/// w  = (1 - lambda eta) w - eta g
/// a += (w - a) / max(1, t - 1 - start)                     (a = w until then)
/// eta = rate / (1 + lambda rate t)^alpha                   (for the next step; the first has eta = rate)
/// </code>
/// Polyak and Juditsky 1992, Acceleration of stochastic approximation by averaging. Equals PyTorch's ASGD (a schedule acts one step late).
/// The trainer validates and keeps a.
/// </summary>
public sealed record Asgd : Optimizer
{
    internal Asgd() : base(1e-2)
    {
    }

    /// <summary>Decay of the weights within the step, at least 0. Default 1e-4.</summary>
    public double Lambda { get; init => field = Require.NotNegative(value, "1e-4 is usual."); } = 1e-4;

    /// <summary>The power by which the rate falls, at least 0. Default 0.75.</summary>
    public double Alpha { get; init => field = Require.NotNegative(value, "0.75 is usual."); } = 0.75;

    /// <summary>Steps before the average begins, at least 0. Default 1e6, as in PyTorch: no average in most runs.</summary>
    public double AverageFrom { get; init => field = Require.NotNegative(value, "Half of the run is usual."); } = 1e6;

    internal override bool HasAverage => true;

    internal override void Begin(Scalars state, Moment now)
    {
        ref double eta = ref state["eta"], next = ref state["next_eta"], share = ref state["share"], nextShare = ref state["next_share", 1];
        eta = now.T == 1 ? now.Rate : next;
        share = nextShare;
        next = now.Rate / Pow(1 + Lambda * now.Rate * now.T, Alpha);
        nextShare = 1 / Max(1, now.T - AverageFrom);
    }

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now, p.Scalars["eta"], p.Scalars["share"]));

    internal override void Average<T>(Parameters<T> p, Span<T> destination) =>
        p.Copy(p.Scalars["eta"] == 0 && p.Scalars["next_eta"] == 0 ? p.Weights : p["average"], destination);

    private readonly ref struct Rule<T>(Asgd o, Parameters<T> p, Moment now, double eta, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> average = p["average"];

        private readonly T keep = now.Keep * (1 - o.Lambda * eta), decay = now.Coupled,
                           rate = eta, share = share, rest = 1 - share;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            w = keep * w - rate * g;
            average[i] = rest * average[i] + share * w;
            return w;
        }
    }
}
