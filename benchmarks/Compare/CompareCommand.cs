using Microsoft.ML.Trainers.Torch.Runtime;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Everything side by side: these trainers, their peers and the hardware's floor.</summary>
internal sealed class CompareCommand : Command
{
    private static readonly string[] Known = ["W1", "W2", "W3", "W4", "W5", "start", "ingest", "fit", "contention", "products"];

    public override string Name => "compare";

    public override string Summary => $"against peers and floors; arguments: {string.Join(' ', Known)} (default: all), --out NAME, --quick";

    public override int Run(IReadOnlyList<string> arguments)
    {
        string name = "compare";
        int rounds = 25;
        var chosen = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--quick") rounds = 5;
            else if (arguments[i] == "--out" && i + 1 < arguments.Count) name = arguments[++i];
            else if (Known.Contains(arguments[i])) chosen.Add(arguments[i]);
            else
            {
                Console.WriteLine($"'{arguments[i]}' is not one of: {string.Join(' ', Known)} --quick --out NAME");
                return 2;
            }
        }
        if (chosen.Count == 0) chosen = [.. Known];
        var report = new Report();
        if (chosen.Contains("start")) report.Add(StartComparison.Run(rounds));
        Libtorch.EnsureLoaded();
        foreach (Workload workload in Workload.All.Where(workload => chosen.Contains(workload.Name)))
            report.Add(TrainingComparison.Run(workload, rounds));
        if (chosen.Contains("W4"))
        {
            report.Add(FirstFitComparison.Run(rounds));
            report.Add(FitComparison.AgainstLinearTrainers(Workload.All[3], rounds));
            report.Add(FitComparison.AgainstLogisticTrainers(Workload.All[3], rounds));
        }
        if (chosen.Contains("fit")) report.Add(FitComparison.AgainstBareLoop(Workload.All[1], rounds));
        if (chosen.Contains("W5"))
            foreach (Section section in ScoringComparison.Run(rounds)) report.Add(section);
        if (chosen.Contains("ingest")) report.Add(IngestComparison.Run(rounds));
        if (chosen.Contains("contention")) report.Add(ContentionComparison.Run(rounds));
        if (chosen.Contains("products")) report.Add(ProductComparison.Run(rounds));
        report.Write(name);
        return report.AllMet ? 0 : 1;
    }
}
