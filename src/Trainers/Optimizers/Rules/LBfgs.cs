using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Limited-memory BFGS: steps along an estimate of the inverse curvature, several per update. For full batches only: it evaluates the
/// loss more than once in a step.
/// <code>
/// for each of Iterations: d = -H g by the two-loop recursion over the last HistorySize pairs (s, y), H_0 = (s . y) / (y . y)
/// w += t d,   t = rate (the very first time rate min(1, 1 / |g|_1)), or found by a line search for the strong Wolfe conditions
/// </code>
/// Liu and Nocedal 1989, On the limited memory BFGS method for large scale optimization; Nocedal and Wright 2006, algorithms 3.5 and 3.6.
/// Equals PyTorch's LBFGS, and follows a schedule (TorchSharp's does not). Weight decay is coupled and part of the loss. All
/// parameters must be in one group.
/// </summary>
public sealed record LBfgs : Optimizer
{
    internal LBfgs() : base(1)
    {
    }

    /// <summary>Steps in an update, at least 1. Default 20.</summary>
    public int Iterations { get; init => field = Require.AtLeast(1, value, "20 is usual."); } = 20;

    /// <summary>Evaluations in an update, at least 1; null: 5/4 of the iterations.</summary>
    public int? Evaluations { get; init => field = value is { } count ? Require.AtLeast(1, count, "25 is usual.") : null; }

    /// <summary>An update ends where every component of the gradient is at most this; at least 0. Default 1e-7.</summary>
    public double GradientTolerance { get; init => field = Require.NotNegative(value, "1e-7 is usual."); } = 1e-7;

    /// <summary>An update ends where weights or loss change by at most this; at least 0. Default 1e-9.</summary>
    public double ChangeTolerance { get; init => field = Require.NotNegative(value, "1e-9 is usual."); } = 1e-9;

    /// <summary>Pairs of steps and gradient changes that are remembered, at least 1. Default 10; PyTorch 100.</summary>
    public int HistorySize { get; init => field = Require.AtLeast(1, value, "5 to 20 is usual."); } = 10;

    /// <summary>Whether each step is as long as the strong Wolfe conditions ask. Default false: as long as the rate says.</summary>
    public bool LineSearch { get; init; }

    internal override bool IsElementwise => false;

    internal override bool OnlyCoupledDecay => true;

    internal override bool NeedsClosure => true;

    internal override bool NeedsAllParameters => true;

    internal override void Step<T>(Parameters<T> p, Moment now) => new LBfgsUpdate<T>(this, p, now).Run();
}
