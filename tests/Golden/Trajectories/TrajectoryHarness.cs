using System.Globalization;
using Microsoft.ML.Trainers.Torch;

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
            if (OptimizerFamilies.Of(want.Optimizer, want.Parameters, want.BaseRate) is not { } optimizer)
                return Result(GoldenOutcome.NotImplemented, "the optimizer is unknown");
            if (want.Parameters.Unread is { Count: > 0 } unread)
                return Result(GoldenOutcome.NotImplemented, "unknown parameters: " + string.Join(", ", unread));
            optimizer = optimizer with { LearningRate = want.BaseRate };
            bool soap = optimizer.GetType().Name == "Soap";
            double replayed = want.Tolerance(soap ? Soap : Replayed), endToEnd = want.Tolerance(soap ? Soap : EndToEnd);
            if (!optimizer.NeedsClosure && FirstDifference(want, optimizer, want.Gradients, replayed) is { } wrong)
                return Result(GoldenOutcome.Failed, wrong.Text);
            if (FirstDifference(want, optimizer, null, endToEnd) is not { } difference) return Result(GoldenOutcome.Passed);
            return Chaos(want, optimizer, difference) is { } reason ? Result(GoldenOutcome.OutOfScope, reason) : Result(GoldenOutcome.Failed, difference.Text);
        }
        catch (NotSupportedException exception)
        {
            return Result(GoldenOutcome.NotImplemented, exception.Message);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return Result(GoldenOutcome.Failed, exception.Message);
        }
    }

    /// <summary>
    /// Why two correct programs may end apart: where a start that differs by one rounding ends as far from ours as the golden values
    /// do, an end-to-end comparison says nothing, and the replayed one stands alone.
    /// </summary>
    private static string? Chaos(GoldenTrajectory want, Optimizer optimizer, TrajectoryDifference difference)
    {
        if (optimizer.NeedsClosure) return null;
        double[] ours = Run(want, optimizer, difference.Step, 0), perturbed = Run(want, optimizer, difference.Step, 1e-16);
        double spread = ours.Zip(perturbed, (a, b) => Math.Abs(a - b)).Max();
        return spread < difference.Size / 10 ? null : string.Create(CultureInfo.InvariantCulture,
            $"chaotic: a start that differs by 1e-16 ends {spread:0.0e0} away after step {difference.Step}, the golden values {difference.Size:0.0e0}; replayed, every step agrees");
    }

    private static double[] Run(GoldenTrajectory want, Optimizer optimizer, int last, double perturbation)
    {
        Replay replay = new(want, optimizer);
        replay.Weights[0] += perturbation;
        for (int k = 0; k <= last; k++) replay.Step(k, null);
        return replay.Weights;
    }

    /// <summary>The first step that differs; with stored gradients, or with the problem's own at the weights we have come to.</summary>
    private static TrajectoryDifference? FirstDifference(GoldenTrajectory want, Optimizer optimizer, double[][]? gradients, double tolerance)
    {
        Replay replay = new(want, optimizer);
        for (int k = 0; k < want.Rates.Length; k++)
        {
            replay.Step(k, gradients?[k]);
            if (Compare("weights", k, replay.Weights, want.Weights[k]) is { } difference) return difference;
            if (want.EvaluationWeights is { } averages && Compare("evaluation weights", k, replay.EvaluationWeights(), averages[k]) is { } other) return other;
        }
        return null;

        TrajectoryDifference? Compare(string what, int k, double[] got, double[] wanted)
        {
            for (int i = 0; i < wanted.Length; i++)
            {
                bool agree = double.IsNaN(wanted[i]) ? !double.IsFinite(got[i]) : Math.Abs(got[i] - wanted[i]) <= tolerance * Math.Max(1, Math.Abs(wanted[i]));
                if (!agree)
                    return new(k, Math.Abs(got[i] - wanted[i]), string.Create(CultureInfo.InvariantCulture,
                        $"{what} after step {k}, [{i}], {(gradients is null ? "end to end" : "replayed")}: got {got[i]:R}, want {wanted[i]:R}"));
            }
            return null;
        }
    }
}

/// <summary>Where a trajectory leaves the golden one, and by how much.</summary>
internal sealed record TrajectoryDifference(int Step, double Size, string Text);
