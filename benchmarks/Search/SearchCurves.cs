using Microsoft.ML.TrainerSearch;

namespace MlNetLr.Benchmarks.Search;

/// <summary>Searches replayed on a table of real learning curves: what each finds for the same number of epochs.</summary>
internal sealed class SearchCurves : Command
{
    private const int Repetitions = 200;
    private static readonly int[] budgets = [5, 10, 25, 50];

    public override string Name => "search-curves";

    public override string Summary => "searches on 1,664 stored learning curves: regret per epochs spent; --write FILE trains the curves anew";

    /// <param name="Name">The line's name.</param>
    /// <param name="Sampler">Proposes configurations.</param>
    /// <param name="Pruner">Stops or pauses.</param>
    /// <param name="Forks">How rungs are judged: null in mid-flight, all in one pool; else by forked decays.</param>
    private sealed record Method(string Name, Func<long, Sampler> Sampler, Func<Pruner> Pruner, Forks? Forks = null);

    private enum Forks
    {
        /// <summary>Schedules without a horizon are judged by a fork, the others only with their own kind.</summary>
        HorizonFree,

        /// <summary>Every schedule is judged by a fork, all in one pool.</summary>
        All,
    }

    public override int Run(IReadOnlyList<string> arguments)
    {
        if (arguments is ["--write", var file])
        {
            File.WriteAllText(file, LearningCurves.Train((done, all) =>
            {
                if (done % 100 == 0 || done == all) Console.WriteLine($"{done} of {all} curves");
            }));
            return 0;
        }

        Dictionary<string, LearningCurve> curves = LearningCurves.Read(arguments is ["--table", var table] ? File.ReadAllText(table) : LearningCurves.Stored());
        Console.WriteLine($"{curves.Count} learning curves of {LearningCurves.Epochs} epochs; {Repetitions} searches per line and data set");
        Console.WriteLine("regret of the chosen configuration's mean final loss: 0 is the best configuration, 1 the median one; mean over searches [standard error]");
        static Pruner Ladder() => Pruners.Asha(LearningCurves.Rungs[0], LearningCurves.Epochs);
        Method[] methods =
        [
            new("random", seed => Samplers.Random(seed), () => Pruners.None),
            new("tpe", seed => Samplers.Tpe(seed), () => Pruners.None),
            new("asha", seed => Samplers.Random(seed), Ladder),
            new("tpe + median", seed => Samplers.Tpe(seed), () => Pruners.Median(warmupSteps: 2)),
            new("tpe + asha", seed => Samplers.Tpe(seed), Ladder),
            new("asha, fork-judged", seed => Samplers.Random(seed), Ladder, Forks.HorizonFree),
            new("asha, all fork-judged", seed => Samplers.Random(seed), Ladder, Forks.All),
            new("tpe + asha, fork-judged", seed => Samplers.Tpe(seed), Ladder, Forks.HorizonFree),
            new("tpe + asha, all fork-judged", seed => Samplers.Tpe(seed), Ladder, Forks.All),
        ];
        var regrets = new Dictionary<(string, int), double[]>();
        Console.WriteLine($"{"epochs spent / epochs of a full run",-36}{string.Concat(budgets.Select(budget => $"{budget,-20}"))}");
        foreach (Method method in methods)
        {
            double[][] all = [.. LearningCurves.Sets.SelectMany(set => Replay(curves, set, method))];
            Console.Write($"{method.Name,-36}");
            for (int b = 0; b < budgets.Length; b++)
            {
                double[] values = [.. all.Select(search => search[b])];
                regrets[(method.Name, budgets[b])] = values;
                double mean = values.Average(), error = Math.Sqrt(values.Sum(value => Math.Pow(value - mean, 2))) / values.Length;
                Console.Write($"{$"{mean:0.0000} [{error:0.0000}]",-20}");
            }
            Console.WriteLine();
        }

        bool met = true;
        foreach (string judged in new[] { "asha, fork-judged", "asha, all fork-judged" })
            foreach (int budget in budgets)
            {
                (double p, _) = MannWhitney.Test(regrets[(judged, budget)], regrets[("asha", budget)]);
                double gain = regrets[("asha", budget)].Average() - regrets[(judged, budget)].Average();
                Console.WriteLine($"{judged} against plain asha at {budget}: mean regret {(gain > 0 ? "lower" : "higher")} by {Math.Abs(gain):0.0000}, p = {p:0.000}");
                if (judged == "asha, all fork-judged") met &= gain > 0;
            }
        Console.WriteLine($"rungs judged by forks beat plain asha at every budget: {(met ? "met" : "NOT MET")}");
        return met ? 0 : 1;
    }

    private static double[][] Replay(Dictionary<string, LearningCurve> curves, string set, Method method)
    {
        SearchSpace space = SearchSpace.Empty
            .Choice("optimizer", LearningCurves.OptimizerNames)
            .Choice("schedule", LearningCurves.ScheduleNames)
            .Int("rate", 0, LearningCurves.RateCount - 1)
            .Choice("width", LearningCurves.Widths.Select(width => $"{width}"));
        LearningCurve Of(Configuration c, int seed) => curves[LearningCurves.Key(set, c.Choice("optimizer"), c.Choice("schedule"), c.Int("rate"), int.Parse(c.Choice("width")), seed)];
        double Quality(Configuration c) => Enumerable.Range(0, LearningCurves.Seeds).Average(seed => Of(c, seed).Final);

        Configuration[] every = [.. Enumerable.Range(0, LearningCurves.OptimizerNames.Length * LearningCurves.ScheduleNames.Length * LearningCurves.RateCount * LearningCurves.Widths.Length)
            .Select(n => Samplers.Grid().Propose(new StudyView(space, false, []), n, null)!.Configuration)];
        double[] qualities = [.. every.Select(Quality).Select(quality => double.IsNaN(quality) ? double.PositiveInfinity : quality).Order()];
        double best = qualities[0], median = qualities[qualities.Length / 2];

        var results = new double[Repetitions][];
        Parallel.For(0, Repetitions, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, repetition =>
        {
            var regret = new double[budgets.Length];
            using Study study = Study.Open(space, new StudyOptions
            {
                Sampler = method.Sampler(repetition),
                Pruner = method.Pruner(),
                Pool = c => method.Forks == Forks.HorizonFree && c.Choice("schedule") is "cosine" or "linear" ? c.Choice("schedule") : "",
            });
            for (int b = 0; b < budgets.Length;)
            {
                Trial trial = study.Ask()!;
                Play(trial, Of(trial.Configuration, trial.Number % LearningCurves.Seeds), method.Forks);
                StudyView view = study.View();
                long spent = view.Trials.Sum(record => (long)record.Spent);
                for (; b < budgets.Length && spent >= (long)budgets[b] * LearningCurves.Epochs; b++)
                {
                    double quality = Quality(Incumbent(view).Configuration);
                    regret[b] = double.IsNaN(quality) ? 1 : Math.Min(1, (quality - best) / (median - best));
                }
            }
            results[repetition] = regret;
        });
        return results;
    }

    private static void Play(Trial trial, LearningCurve curve, Forks? forks)
    {
        // A constant rate ends as it is: there is no decay to wait for. So do schedules that are compared with their kind only.
        string schedule = trial.Configuration.Choice("schedule");
        bool isForked = (forks == Forks.All && schedule != "constant") || (forks == Forks.HorizonFree && schedule == "wsd");
        int branch = trial.Target < LearningCurves.Epochs && isForked ? LearningCurves.BranchOf(trial.Target) : 0;
        int pauseAfter = trial.Target - branch, reached = trial.Checkpoint is { } epochs ? int.Parse(epochs) : 0;
        trial.ContinueAfter(reached);
        for (int epoch = reached + 1; epoch <= LearningCurves.Epochs; epoch++)
        {
            if (trial.Report(epoch, curve.Losses[epoch - 1]) == TrialSignal.Stop) return;
            if (epoch != pauseAfter) continue;
            if (branch > 0)
            {
                trial.Report(trial.Target, curve.Judged[Array.IndexOf(LearningCurves.Rungs, trial.Target)], isJudged: true);
                trial.Charge(branch);
            }
            trial.Pause($"{epoch}");
            return;
        }
        trial.Complete(curve.Final);
    }

    /// <summary>The best complete trial; before there is one, the best of those that got furthest.</summary>
    private static TrialRecord Incumbent(StudyView view) => view.Best
        ?? view.Trials.OrderByDescending(trial => trial.LastStep).ThenBy(trial => view.Loss(trial.ValueAt(trial.LastStep) ?? double.NaN)).First();
}
