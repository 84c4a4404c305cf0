using System.Diagnostics;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>How the cost of a row grows with rows, width, batch and threads.</summary>
internal sealed class ScalingCommand : Command
{
    public override string Name => "scaling";

    public override string Summary => "cost per row over rows 1e4..1e7, width 16..1024, batch 1..16384 and threads; arguments: --quick, --out NAME";

    public override int Run(IReadOnlyList<string> arguments)
    {
        bool quick = arguments.Contains("--quick");
        int output = arguments.ToList().IndexOf("--out");
        double milliseconds = quick ? 100 : 1000;
        var report = new Report();
        Workload linear = Workload.All[3], network = Workload.All[1] with { Rows = 50_000 };

        var rows = new List<(string, double, double)>();
        double memory = 0;
        foreach (int count in quick ? [10_000, 100_000, 1_000_000] : new[] { 10_000, 100_000, 1_000_000, 10_000_000 })
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            (double median, double best) = PerRow(linear with { Rows = count }, milliseconds, 0);
            memory = (GC.GetTotalMemory(forceFullCollection: false) - before) / (4.0 * count * (linear.Columns + 1));
            rows.Add(($"{count:N0} rows", median, best));
        }
        report.Add(new("rows, linear model of 28 features, batch 4096", "ns per row", rows,
            [new Bar("most rows / fewest rows", rows[^1].Item2 / rows[0].Item2, 4, AtLeast: false)],
            $"Managed memory during the largest: {memory:F2} times the data's own size (features and labels as floats)."));

        var widths = new List<(string, double, double)>();
        foreach (int width in new[] { 16, 64, 256, 1024 })
        {
            (double median, double best) = PerRow(network with { Sizes = [28, width, width, 1], Rows = 20_000 }, milliseconds, 0);
            double products = 6.0 * (28 * width + width * width + width);
            widths.Add(($"width {width}", median / products * 1000, best / products * 1000));
        }
        report.Add(new("width, 28-w-w-1, batch 256", "ns per 1000 operations", widths, [new Bar("widest / narrowest", widths[^1].Item2 / widths[0].Item2, 1, AtLeast: false)]));

        var batches = new List<(string, double, double)>();
        foreach (int batch in new[] { 1, 16, 256, 4096, 16384 })
        {
            (double median, double best) = PerRow(network with { Batch = batch }, milliseconds, 0);
            batches.Add(($"batch {batch}", median, best));
        }
        report.Add(new("batch, 28-128-128-1", "ns per row", batches, [new Bar("largest batch / batch 256", batches[^1].Item2 / batches[2].Item2, 1.2, AtLeast: false)]));

        var threads = new List<(string, double, double)>();
        for (int count = 1; count <= Environment.ProcessorCount; count *= 2)
        {
            (double median, double best) = PerRow(network with { Batch = 1024 }, milliseconds, count);
            threads.Add(($"{count} thread{(count == 1 ? "" : "s")}", median, best));
        }
        report.Add(new("threads, 28-128-128-1, batch 1024", "ns per row", threads, []));
        report.Write(output >= 0 ? arguments[output + 1] : "scaling");
        return report.AllMet ? 0 : 1;
    }

    private static (double Median, double Best) PerRow(Workload workload, double milliseconds, int threads)
    {
        TrainingData data = workload.Data();
        using var loop = new EngineLoop("scaling", new CpuEngine(workload.Network(), workload.Loss, data, threads: threads), workload);
        Race race = Race.Run([loop], rounds: 7, milliseconds);
        double rows = Math.Min(workload.Batch, workload.Rows);
        return (race["scaling"].Median * 1000 / rows, race["scaling"].Best * 1000 / rows);
    }
}
