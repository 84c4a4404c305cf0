using Microsoft.ML.TrainerSearch;

namespace MlNetLr.Benchmarks.Search;

/// <summary>The samplers on functions with known minima, each seed's regret against another system's.</summary>
internal sealed class SearchSuite : Command
{
    private const int Seeds = 30;
    private static readonly int[] counts = [25, 50, 100, 200];

    public override string Name => "search-suite";

    public override string Summary => "samplers on synthetic problems, 30 seeds, against Optuna's figures (Mann-Whitney, 5 %); [--first-seed 0]";

    public override int Run(IReadOnlyList<string> arguments)
    {
        string[] words = [.. arguments];
        int firstSeed = 0;
        if (words.Length > 0 && (words is not ["--first-seed", var text] || !int.TryParse(text, out firstSeed)))
        {
            Console.Error.WriteLine(Summary);
            return 2;
        }
        (string Name, Func<long, Sampler> Make, string? Rival, int[] Judged, bool ContinuousOnly)[] samplers =
        [
            ("random", seed => Samplers.Random(seed), "random", [], false),
            ("quasirandom", seed => Samplers.QuasiRandom(seed), "random", [], false),
            ("tpe", seed => Samplers.Tpe(seed), "tpe", [50, 100], false),
            ("cmaes", seed => Samplers.CmaEs(seed), "cmaes", [100, 200], true),
        ];
        bool met = true;
        Console.WriteLine("median regret [quartiles] over 30 seeds; '+' better and '-' worse than Optuna's sampler of the same kind, '=' no difference at 5 %");
        Console.WriteLine($"{"problem",-20} {"sampler",-12} {string.Concat(counts.Select(count => $"{"@" + count,-36}"))}");
        foreach (var sampler in samplers)
        {
            var verdicts = new Dictionary<int, List<char>>();
            foreach (SyntheticProblem problem in SyntheticProblem.All.Where(problem => problem.IsContinuous || !sampler.ContinuousOnly))
            {
                double[][] regrets = Regrets(problem, seed => sampler.Make(firstSeed + seed));
                Console.Write($"{problem.Name,-20} {sampler.Name,-12} ");
                foreach (int count in counts)
                {
                    double[] values = [.. regrets.Select(curve => curve[count - 1]).Order()];
                    char verdict = ' ';
                    if (OptunaBaseline.Regrets(problem.Name, sampler.Rival ?? "", count) is { } rival)
                    {
                        (double p, bool less) = MannWhitney.Test(values, rival);
                        verdict = p >= 0.05 ? '=' : less ? '+' : '-';
                        (verdicts.TryGetValue(count, out var list) ? list : verdicts[count] = []).Add(verdict);
                    }
                    Console.Write($"{$"{Median(values):G3} [{values[Seeds / 4]:G3}-{values[Seeds * 3 / 4]:G3}] {verdict}",-36}");
                }
                Console.WriteLine();
            }
            foreach (int count in sampler.Judged)
            {
                int better = verdicts[count].Count(verdict => verdict == '+'), worse = verdicts[count].Count(verdict => verdict == '-');
                bool passes = worse == 0 && better >= 2;
                met &= passes;
                Console.WriteLine($"{sampler.Name} @{count}: better on {better}, worse on {worse} of {verdicts[count].Count}: {(passes ? "met" : "NOT MET")} (asked: worse on none, better on two)");
            }
        }
        return met ? 0 : 1;
    }

    /// <summary>For each seed the best regret after each number of trials.</summary>
    internal static double[][] Regrets(SyntheticProblem problem, Func<long, Sampler> make)
    {
        var curves = new double[Seeds][];
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var curve = new double[counts[^1]];
            double best = double.PositiveInfinity;
            int trials = 0;
            using Study study = Study.Open(problem.Space, new StudyOptions { Sampler = make(seed), MaximumTrials = curve.Length });
            study.Optimize(trial =>
            {
                double value = problem.Regret(trial.Configuration);
                curve[trials++] = best = Math.Min(best, value);
                return value;
            });
            curves[seed] = curve;
        });
        return curves;
    }

    private static double Median(double[] sorted) => 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
}
