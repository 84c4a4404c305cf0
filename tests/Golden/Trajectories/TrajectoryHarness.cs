using System.Globalization;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Golden.Trajectories;

/// <summary>Compares golden trajectories with this library's optimizers in double, by optimizer and parameters.</summary>
public static class TrajectoryHarness
{
    private const double Replayed = 1e-9;
    private const double EndToEnd = 1e-6;
    private const double Soap = 1e-4;

    /// <summary>Compares every file that names an optimizer.</summary>
    public static GoldenReport Run(IReadOnlyList<GoldenFile> files) =>
        new("trajectories", [.. files.Where(file => file.Optimizer is not null).Select(Compare)]);

    private static GoldenResult Compare(GoldenFile file)
    {
        GoldenResult Result(GoldenOutcome outcome, string detail = "") => new(file.Path, file.Optimizer!, outcome, detail);
        try
        {
            GoldenTrajectory want = new(file.Root);
            if (OptimizerFamilies.Of(want.Optimizer, want.Parameters) is not { } optimizer)
                return Result(GoldenOutcome.NotImplemented, "the optimizer is unknown");
            if (want.Parameters.Unread is { Count: > 0 } unread)
                return Result(GoldenOutcome.NotImplemented, "unknown parameters: " + string.Join(", ", unread));
            optimizer = optimizer with { LearningRate = want.BaseRate };
            bool soap = optimizer.GetType().Name == "Soap";
            string? difference = optimizer.NeedsClosure ? null : Difference(want, optimizer, want.Gradients, want.Tolerance(soap ? Soap : Replayed));
            difference ??= Difference(want, optimizer, null, want.Tolerance(soap ? Soap : EndToEnd));
            return difference is null ? Result(GoldenOutcome.Passed) : Result(GoldenOutcome.Failed, difference);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return Result(GoldenOutcome.Failed, exception.Message);
        }
    }

    /// <summary>The first step that differs; with stored gradients, or with the problem's own at the weights we have come to.</summary>
    private static string? Difference(GoldenTrajectory want, Optimizer optimizer, double[][]? gradients, double tolerance)
    {
        ParameterLayout layout = new([new ParameterSpec("w", [.. want.Problem.Shape], ParameterRole.Weight)]);
        double[] weights = new double[layout.Length], gradient = new double[layout.Length], average = new double[layout.Length];
        want.Start.CopyTo(weights, 0);
        var updater = new LaneUpdater<double, Scalar<double>>(
            optimizer, [], null, TrainingPlan.OfSteps(want.Rates.Length), layout, weights, gradient);
        for (int k = 0; k < want.Rates.Length; k++)
        {
            if (gradients is null) want.Problem.Evaluate(weights, gradient);
            else gradients[k].CopyTo(gradient, 0);
            updater.RateMultiplier = want.Rates[k] / want.BaseRate;
            updater.Step(k, () => want.Problem.Evaluate(weights, gradient));
            if (Compare("weights", k, weights, want.Weights[k]) is { } difference) return difference;
            if (want.EvaluationWeights is not { } averages) continue;
            updater.EvaluationWeights(average);
            if (Compare("evaluation weights", k, average, averages[k]) is { } other) return other;
        }
        return null;

        string? Compare(string what, int k, double[] got, double[] wanted)
        {
            for (int i = 0; i < wanted.Length; i++)
            {
                bool agree = double.IsNaN(wanted[i]) ? !double.IsFinite(got[i]) : Math.Abs(got[i] - wanted[i]) <= tolerance * Math.Max(1, Math.Abs(wanted[i]));
                if (!agree)
                    return string.Create(CultureInfo.InvariantCulture,
                        $"{what} after step {k}, [{i}], {(gradients is null ? "end to end" : "replayed")}: got {got[i]:R}, want {wanted[i]:R}");
            }
            return null;
        }
    }
}
