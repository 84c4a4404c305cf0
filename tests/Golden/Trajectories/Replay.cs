using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Golden.Trajectories;

/// <summary>One run of an optimizer in double on the problem of a golden trajectory.</summary>
internal sealed class Replay
{
    private readonly GoldenTrajectory want;
    private readonly double[] gradient, average;
    private readonly LaneUpdater<double, Scalar<double>> updater;

    internal Replay(GoldenTrajectory want, Optimizer optimizer)
    {
        this.want = want;
        ParameterLayout layout = new([new ParameterSpec("w", [.. want.Problem.Shape], ParameterRole.Weight)]);
        Weights = new double[layout.Length];
        gradient = new double[layout.Length];
        average = new double[layout.Length];
        want.Start.CopyTo(Weights, 0);
        updater = new(optimizer, [], null, TrainingPlan.OfSteps(want.Rates.Length), layout, Weights, gradient);
    }

    internal double[] Weights { get; }

    /// <summary>One step with a stored gradient, or with the problem's own.</summary>
    internal void Step(int k, double[]? stored)
    {
        if (stored is null) want.Problem.Evaluate(Weights, gradient);
        else stored.CopyTo(gradient, 0);
        updater.RateMultiplier = want.Rates[k] / want.BaseRate;
        updater.Step(k, () => want.Problem.Evaluate(Weights, gradient));
    }

    internal double[] EvaluationWeights()
    {
        updater.EvaluationWeights(average);
        return average;
    }
}
