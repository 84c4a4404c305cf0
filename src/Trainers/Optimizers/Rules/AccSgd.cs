using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Accelerated stochastic gradient descent: a short step and a long step, averaged.
/// <code>
/// g += decay w
/// alpha = 1 - xi delta^2 / kappa,   beta = 1 - alpha
/// u  = alpha u + beta (w - rate kappa / delta g)                                   (u starts at w)
/// w  = delta / (delta + beta) (w - rate g) + beta / (delta + beta) u
/// </code>
/// with delta = Constant. Jain et al. 2018, Accelerating stochastic gradient descent for least squares regression, arXiv:1704.08227;
/// Kidambi et al. 2018. Equals pytorch_optimizer's AccSGD.
/// </summary>
public sealed record AccSgd : Optimizer
{
    internal AccSgd() : base(1e-3)
    {
    }

    /// <summary>The ratio of the long step to the short one, above 0. Default 1000.</summary>
    public double Kappa { get; init => field = Require.Positive(value, "1000 is usual."); } = 1000;

    /// <summary>The statistical advantage, above 0 and at most sqrt(kappa). Default 10.</summary>
    public double Xi { get; init => field = Require.Positive(value, "10 is usual."); } = 10;

    /// <summary>Any number above 0 and below 1. Default 0.7.</summary>
    public double Constant { get; init => field = Require.Positive(value, "0.7 is usual."); } = 0.7;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (now.T == 1) p.Copy(p.Weights, p["long"]);
        p.Apply(new Rule<T>(this, p, now));
    }

    private double Beta => Xi * Constant * Constant / Kappa;

    private readonly ref struct Rule<T>(AccSgd o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> far = p["long"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           rate = now.Rate, stride = now.Rate * o.Kappa / o.Constant,
                           alpha = 1 - o.Beta, beta = o.Beta,
                           near = o.Constant / (o.Constant + o.Beta), rest = o.Beta / (o.Constant + o.Beta);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            w *= keep;
            g += decay * w;
            T u = far[i] = alpha * far[i] + beta * (w - stride * g);
            return near * (w - rate * g) + rest * u;
        }
    }
}
