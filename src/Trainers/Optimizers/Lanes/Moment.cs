using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>What is true of one group at one step: the one place where a rate reaches an optimizer.</summary>
internal readonly struct Moment
{
    private readonly BoundValues values;
    private readonly Func<double>? closure;

    /// <summary>A group's moment.</summary>
    /// <param name="optimizer">The group's optimizer.</param>
    /// <param name="step">Steps done before this one: 0 for the first.</param>
    /// <param name="rate">The learning rate of this step.</param>
    /// <param name="peakRate">The learning rate that a factor of 1 stands for.</param>
    /// <param name="values">Resolves scheduled hyper-parameters.</param>
    /// <param name="closure">Computes loss and gradients anew at the current weights, where the trainer can.</param>
    public Moment(Optimizer optimizer, long step, double rate, double peakRate, BoundValues values, Func<double>? closure)
    {
        this.values = values;
        this.closure = closure;
        T = step + 1;
        Rate = rate;
        PeakRate = peakRate;
        double decay = values.At(optimizer.WeightDecay, step);
        Decay = optimizer.DecayFollowsRate && peakRate > 0 ? decay * rate / peakRate : decay;
        Coupled = optimizer.DecayKind == WeightDecayKind.Coupled ? Decay : 0;
        Shrink = optimizer.DecayKind switch { WeightDecayKind.Decoupled => rate * Decay, WeightDecayKind.Fixed => Decay, _ => 0 };
    }

    /// <summary>1 for the first step.</summary>
    public long T { get; }

    /// <summary>The learning rate of this step.</summary>
    public double Rate { get; }

    /// <summary>The learning rate that a factor of 1 stands for.</summary>
    public double PeakRate { get; }

    /// <summary>Weight decay, whatever its kind.</summary>
    public double Decay { get; }

    /// <summary>What coupled decay adds to the gradient, as a multiple of the weight; else 0.</summary>
    public double Coupled { get; }

    /// <summary>The part of a weight that decoupled or fixed decay takes away; else 0.</summary>
    public double Shrink { get; }

    /// <summary>The part of a weight that decoupled or fixed decay leaves; else 1.</summary>
    public double Keep => 1 - Shrink;

    /// <summary>Computes loss and gradients anew at the current weights.</summary>
    public Func<double> Closure => closure
        ?? throw new InvalidOperationException("L-BFGS must be able to evaluate loss and gradients again but was given no closure. Use a trainer that supports it, or another optimizer.");

    /// <summary>A hyper-parameter at this step.</summary>
    public double this[ScheduledValue value] => values.At(value, T - 1);

    /// <summary>1 - beta^t: how far a running mean that started at zero has come.</summary>
    public double Filled(double beta) => 1 - Math.Pow(beta, T);
}
