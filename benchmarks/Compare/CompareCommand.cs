using Microsoft.ML.Trainers.Torch.Runtime;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Everything side by side: these trainers, their peers and the hardware's floor.</summary>
internal sealed class CompareCommand : Command
{
    public override string Name => "compare";

    public override string Summary => "training and scoring against peers and floors; arguments: W1 W2 W3 W4 W5 start ingest (default: all), --out NAME, --quick";

    public override int Run(IReadOnlyList<string> arguments)
    {
        string[] known = ["W1", "W2", "W3", "W4", "W5", "start", "ingest"];
        List<string> chosen = [.. arguments.Where(known.Contains)];
        if (chosen.Count == 0) chosen = [.. known];
        int output = arguments.ToList().IndexOf("--out");
        string name = output >= 0 && output + 1 < arguments.Count ? arguments[output + 1] : "compare";
        int rounds = arguments.Contains("--quick") ? 5 : 25;
        var report = new Report();
        Libtorch.EnsureLoaded();
        foreach (Workload workload in Workload.All.Where(workload => chosen.Contains(workload.Name)))
            report.Add(TrainingComparison.Run(workload, rounds));
        report.Write(Path.Combine(Repository.Folder, "benchmarks", "results"), name);
        return report.AllMet ? 0 : 1;
    }
}
