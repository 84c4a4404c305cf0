using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>What is true of one group at one step: the one place where a rate reaches an optimizer.</summary>
/// <param name="step">Steps done before this one: 0 for the first.</param>
/// <param name="rate">The learning rate of this step.</param>
/// <param name="values">Resolves scheduled hyper-parameters.</param>
/// <param name="closure">Computes loss and gradients anew at the current weights, where the trainer can.</param>
internal readonly struct Moment(long step, double rate, BoundValues values, Func<double>? closure = null)
{
    /// <summary>1 for the first step.</summary>
    public long T { get; } = step + 1;

    /// <summary>The learning rate of this step.</summary>
    public double Rate { get; } = rate;

    /// <summary>Computes loss and gradients anew at the current weights.</summary>
    public Func<double> Closure => closure
        ?? throw new InvalidOperationException("L-BFGS must be able to evaluate loss and gradients again but was given no closure. Use a trainer that supports it, or another optimizer.");

    /// <summary>A hyper-parameter at this step.</summary>
    public double this[ScheduledValue value] => values.At(value, T - 1);
}
