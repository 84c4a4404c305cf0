using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Stochastic gradient descent with (Nesterov) momentum.
/// <code>
/// g += decay w                                   (DecayKind.Decoupled: w -= rate decay w: SGDW)
/// u  = momentum u + (1 - dampening) g            (the first time u = g)
/// w -= rate (Nesterov: g + momentum u, else u)
/// </code>
/// Sutskever, Martens, Dahl and Hinton 2013, On the importance of initialization and momentum in deep learning; SGDW: Loshchilov
/// and Hutter 2019, arXiv:1711.05101. Equals PyTorch's SGD and timm's SGDW; Keras and optax have no dampening.
/// </summary>
public sealed record Sgd : Optimizer
{
    internal Sgd() : base(1e-2)
    {
    }

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0;

    /// <summary>How much of a gradient the velocity leaves out, at least 0 and at most 1. Default 0.</summary>
    public double Dampening { get; init => field = Require.Between(0, 1, value, "0 takes the whole gradient."); }

    /// <summary>Whether the step looks ahead along the velocity. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => !Cautious;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        p.Apply(new Rule<T>(this, p, now));
        if (Cautious) Caution.Move(p);
    }

    private readonly ref struct Rule<T>(Sgd o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> velocity = o.Momentum == 0 ? default : p["velocity"];
        private readonly Caution<T> caution = new(p, o.Cautious && o.Momentum != 0);

        private readonly T rate = now.Rate,
                           keep = now.Keep, decay = now.Coupled,
                           momentum = now[o.Momentum],
                           gain = now.T == 1 ? 1 : 1 - o.Dampening;

        private readonly bool nesterov = o.Nesterov;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            if (velocity.IsEmpty) return keep * w - rate * g;
            T u = velocity[i] = momentum * velocity[i] + gain * g;
            return keep * w - caution.Allow(i, rate * (nesterov ? g + momentum * u : u), g);
        }
    }
}
