using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.LrSchedules;
using PyTorch = Microsoft.ML.LrSchedules.LrSchedule.Like.PyTorch;

namespace Golden.Curves;

/// <summary>Reads the schedulers of SequentialLR and ChainedScheduler, such as LinearLR(0.1,1,4) * MultiStepLR([6,12],0.1).</summary>
internal static partial class TorchText
{
    [GeneratedRegex(@"([A-Za-z]+LR)\(([^()]*)\)")]
    private static partial Regex Call();

    /// <summary>The schedulers in their order, as schedules that start from 1.</summary>
    internal static IReadOnlyList<LrSchedule> Read(string text, double peak)
    {
        LrSchedule[] all = [.. Call().Matches(text).Cast<Match>().Select(match => One(match.Groups[1].Value, Arguments(match.Groups[2].Value), peak))];
        return all.Length > 0 ? all : throw new FormatException($"cannot read the schedulers {text}");
    }

    /// <summary>The beginning of a schedule, as a schedule of its own that keeps its clock.</summary>
    internal static LrSchedule Cut(LrSchedule schedule, long steps) =>
        schedule.ForkDecay(TrainingPlan.OfSteps(Math.Max(steps, 1_000_000)), steps, LrSchedule.Constant) is Sequence cut ? cut.Parts[0] : throw new InvalidOperationException("a fork is a sequence");

    private static string[] Arguments(string text)
    {
        var arguments = new List<string>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '[')
                depth++;
            if (i < text.Length && text[i] == ']')
                depth--;
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                string argument = text[start..i].Trim();
                arguments.Add(argument.Contains('=', StringComparison.Ordinal) ? argument[(argument.IndexOf('=', StringComparison.Ordinal) + 1)..] : argument);
                start = i + 1;
            }
        }
        return [.. arguments];
    }

    private static LrSchedule One(string name, string[] a, double peak)
    {
        double Number(int i, double fallback) => i >= a.Length ? fallback
            : a[i].EndsWith("% of peak", StringComparison.Ordinal) ? peak * double.Parse(a[i].Split('%')[0], CultureInfo.InvariantCulture) / 100
            : double.Parse(a[i], CultureInfo.InvariantCulture);
        TrainingSpan Steps(int i) => Number(i, double.NaN).Steps();
        return name switch
        {
            "ConstantLR" => Number(1, 5) == 0 ? LrSchedule.Hold(at: Number(0, 1 / 3d)) : PyTorch.ConstantLR(Number(0, 1 / 3d), Number(1, 5).Steps()),
            "LinearLR" => PyTorch.LinearLR(Number(0, 1 / 3d), Number(1, 1), Number(2, 5).Steps()),
            "ExponentialLR" => LrSchedule.Exponential(Number(0, double.NaN), 1.Steps(), from: 1),
            "StepLR" => LrSchedule.Step(Steps(0), Number(1, 0.1), from: 1),
            "MultiStepLR" => LrSchedule.MultiStep([.. a[0].Trim('[', ']').Split(',').Select(t => double.Parse(t, CultureInfo.InvariantCulture).Steps())], Number(1, 0.1), from: 1),
            "PolynomialLR" => LrSchedule.Polynomial(Number(0, 5).Steps(), Number(1, 1), to: 0, from: 1),
            "CosineAnnealingLR" => LrSchedule.CosineWave(Steps(0), from: 1, toRate: Number(1, 0)),
            "CosineAnnealingWarmRestarts" => LrSchedule.CosineRestarts(Steps(0), lengthFactor: Number(1, 1), from: 1, toRate: Number(2, 0)),
            _ => throw new FormatException($"cannot read the scheduler {name}"),
        };
    }
}
