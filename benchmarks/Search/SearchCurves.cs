using Microsoft.ML.TrainerSearch;

namespace MlNetLr.Benchmarks.Search;

/// <summary>Searches replayed on a table of real learning curves: what each finds for the same number of epochs.</summary>
internal sealed class SearchCurves : Command
{
    private int repetitions = 200;
    private static readonly int[] budgets = [5, 10, 25, 50];

    public override string Name => "search-curves";

    public override string Summary => "searches on 2,080 stored learning curves: regret per epochs spent; [--repetitions 200] [--only NAME;...] [--table FILE], or --write FILE --housing FILE --digits FILE [--minutes N] to train what FILE lacks";

    /// <param name="Name">The line's name.</param>
    /// <param name="Sampler">Proposes configurations.</param>
    /// <param name="Pruner">Stops or pauses.</param>
    /// <param name="Comparison">How values at rungs compare.</param>
    private sealed record Method(string Name, Func<long, Sampler> Sampler, Func<Pruner> Pruner, RungComparison Comparison = RungComparison.MidFlight);

    public override int Run(IReadOnlyList<string> arguments)
    {
        string[] words = [.. arguments];
        if (words is ["--write", var file, "--housing", var housing, "--digits", var digits, .. var rest])
            return Write(file, new Dictionary<string, string> { ["housing"] = housing, ["digits"] = digits }, rest is ["--minutes", var minutes] ? double.Parse(minutes) : null);
        string? table = null, only = null;
        for (; words is [var name, var value, ..]; words = words[2..])
        {
            if (name == "--table") table = value;
            else if (name == "--only") only = value;
            else if (name == "--repetitions" && int.TryParse(value, out int count) && count >= 1) repetitions = count;
            else break;
        }
        if (words.Length > 0)
        {
            Console.Error.WriteLine(Summary);
            return 2;
        }

        Dictionary<string, LearningCurve> curves = LearningCurves.Read(table is null ? LearningCurves.Stored() : File.ReadAllText(table));
        Console.WriteLine($"{curves.Count} learning curves of {LearningCurves.Epochs} epochs; {repetitions} searches per line and data set");
        Console.WriteLine("regret of the chosen configuration's mean final loss: 0 is the best configuration, 1 the median one; mean over searches ± standard error, (median)");
        static Pruner Ladder() => Pruners.Asha(LearningCurves.Rungs[0], LearningCurves.Epochs);
        Method[] methods =
        [
            new("random", seed => Samplers.Random(seed), () => Pruners.None),
            new("tpe", seed => Samplers.Tpe(seed), () => Pruners.None),
            new("asha", seed => Samplers.Random(seed), Ladder),
            new("tpe + median", seed => Samplers.Tpe(seed), () => Pruners.Median(warmupSteps: 2)),
            new("tpe + asha", seed => Samplers.Tpe(seed), Ladder),
            new("asha, fork-judged", seed => Samplers.Random(seed), Ladder, RungComparison.LikeWithLike),
            new("asha, all fork-judged", seed => Samplers.Random(seed), Ladder, RungComparison.ForkAll),
            new("tpe + asha, fork-judged", seed => Samplers.Tpe(seed), Ladder, RungComparison.LikeWithLike),
            new("tpe + asha, all fork-judged", seed => Samplers.Tpe(seed), Ladder, RungComparison.ForkAll),
        ];
        if (only is not null) methods = [.. methods.Where(method => only.Split(';').Contains(method.Name))];
        var regrets = new Dictionary<(string, int), double[]>();
        Console.WriteLine($"{"epochs spent / epochs of a full run",-36}{string.Concat(budgets.Select(budget => $"{budget,-28}"))}");
        foreach (Method method in methods)
        {
            double[][] all = [.. LearningCurves.Sets.SelectMany(set => Replay(curves, set, method))];
            Console.Write($"{method.Name,-36}");
            for (int b = 0; b < budgets.Length; b++)
            {
                double[] values = [.. all.Select(search => search[b])];
                regrets[(method.Name, budgets[b])] = values;
                double mean = values.Average(), error = Math.Sqrt(values.Sum(value => Math.Pow(value - mean, 2))) / values.Length;
                Console.Write($"{$"{mean:0.0000} ± {error:0.0000} ({Median(values):0.0000})",-28}");
            }
            Console.WriteLine();
        }

        // Each fork-judged way against its twin whose rungs are judged in mid-flight.
        bool met = true;
        foreach (Method method in methods.Where(method => method.Comparison != RungComparison.MidFlight))
        {
            string plain = method.Name.Split(',')[0];
            if (methods.All(other => other.Name != plain)) continue;
            foreach (int budget in budgets)
            {
                double[] own = regrets[(method.Name, budget)], other = regrets[(plain, budget)];
                (double p, bool less) = MannWhitney.Test(own, other);
                Console.WriteLine($"{method.Name} against {plain} at {budget}: mean regret {own.Average():0.0000} against {other.Average():0.0000}, {(less ? "lower" : "not lower")}, p = {p:0.000}");
                met &= method.Comparison != RungComparison.LikeWithLike || (own.Average() < other.Average() && !(p < 0.05 && !less));
            }
        }
        Console.WriteLine($"rungs judged by forks, as by default, have the lower mean regret at every budget: {(met ? "met" : "NOT MET")}");
        return met ? 0 : 1;
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
    }

    /// <summary>Adds to a table what it lacks; several calls with little time each end with the same table as one.</summary>
    private static int Write(string file, Dictionary<string, string> data, double? minutes)
    {
        var done = new Dictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(file))
            foreach (string line in File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#'))
                done[string.Join(',', line.Split(',')[..6])] = line;
        int all = LearningCurves.Keys.Count();
        using var time = minutes is { } limit ? new CancellationTokenSource(TimeSpan.FromMinutes(limit)) : new CancellationTokenSource();
        HashSet<string> known = [.. done.Keys];
        using (StreamWriter writer = File.AppendText(file))
            LearningCurves.Train(data, known.Contains, line =>
            {
                writer.WriteLine(line);
                writer.Flush();
                done[string.Join(',', line.Split(',')[..6])] = line;
                if (done.Count % 100 == 0) Console.WriteLine($"{done.Count} of {all} curves");
            }, time.Token);
        string[] keys = [.. LearningCurves.Keys.Select(run => LearningCurves.Key(run.Set, run.Optimizer, run.Schedule, run.Rate, run.Width, run.Seed))];
        File.WriteAllLines(file, [LearningCurves.Header, .. keys.Where(done.ContainsKey).Select(key => done[key])]);
        Console.WriteLine($"{done.Count} of {all} curves in {file}{(done.Count < all ? "; run the same line again for the others" : "")}");
        return done.Count == all ? 0 : 1;
    }

    private double[][] Replay(Dictionary<string, LearningCurve> curves, string set, Method method)
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

        Dictionary<string, ScheduleOutlook> outlooks = LearningCurves.ScheduleNames.ToDictionary(name => name, LearningCurves.OutlookOf);
        var results = new double[repetitions][];
        Parallel.For(0, repetitions, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, repetition =>
        {
            var regret = new double[budgets.Length];
            using Study study = Study.Open(space, new StudyOptions
            {
                Sampler = method.Sampler(repetition),
                Pruner = method.Pruner(),
                Pool = c => outlooks[c.Choice("schedule")].PoolOf(LearningCurves.ScheduleOf(c.Choice("schedule")), method.Comparison),
            });
            for (int b = 0; b < budgets.Length;)
            {
                Trial trial = study.Ask()!;
                Play(trial, Of(trial.Configuration, trial.Number % LearningCurves.Seeds), trial.Target >= LearningCurves.Epochs ? int.MaxValue : outlooks[trial.Configuration.Choice("schedule")].PauseFor(trial.Target, method.Comparison));
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

    /// <summary>Plays a claimed trial up to <paramref name="pauseAfter"/>: if that is before the rung, a decay forked there ends at it.</summary>
    private static void Play(Trial trial, LearningCurve curve, int pauseAfter)
    {
        int branch = pauseAfter < trial.Target ? trial.Target - pauseAfter : 0, reached = trial.Checkpoint is { } epochs ? int.Parse(epochs) : 0;
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
