using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlNetLr.Benchmarks.Compare;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>Tables as Markdown; and a file of results to which each call adds its own, so that a long comparison can be measured in pieces.</summary>
internal static class QualityReport
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Adds tables to benchmarks/results/NAME.json and writes all of it anew as NAME.md.</summary>
    public static void Write(string name, IEnumerable<QualityTable> tables)
    {
        string path = Repository.ResultPath(name), json = path + ".json";
        List<QualityTable> all = File.Exists(json) ? JsonSerializer.Deserialize<Stored>(File.ReadAllText(json), Format)!.Tables : [];
        foreach (QualityTable table in tables)
        {
            int place = all.FindIndex(table.Matches);
            if (place < 0) all.Add(table);
            else all[place] = table.With(all[place]);
        }
        Machine machine = Machine.Describe();
        File.WriteAllText(json, JsonSerializer.Serialize(new Stored(machine.Facts.ToDictionary(fact => fact.Key, fact => fact.Value), all), Format));
        var text = new StringBuilder($"# {Path.GetFileName(path)}\n\n");
        foreach ((string key, string value) in machine.Facts) text.Append($"- {key}: {value}\n");
        foreach (QualityTable table in all) text.Append('\n').Append(Markdown(table));
        File.WriteAllText(path + ".md", text.ToString());
        Console.WriteLine($"written to {path}.md and .json");
    }

    public static string Markdown(QualityTable table)
    {
        (string Name, bool MoreIsBetter)[] metrics = Scores.Of(table.Task);
        // In the order of the contestants, whatever was measured first.
        string[] known = [.. QualityContestant.All.Select(contestant => contestant.Name)];
        string[] contestants = [.. table.Results.Select(result => result.Contestant).Distinct().OrderBy(name => Array.IndexOf(known, name) is >= 0 and var place ? place : known.Length)];
        int runs = table.Results.Select(result => result.Run).Distinct().Count();
        var text = new StringBuilder($"""
            ### {table.Title}: {table.TrainRows} rows to train on, {table.TestRows} to test on, {table.Features} features, {runs} {(table.HasSplits ? "splits" : runs == 1 ? "seed" : "seeds")}

            | | {string.Join(" | ", metrics.Select(metric => $"{metric.Name} | against {contestants[0]}"))} | seconds |
            |---|{string.Concat(metrics.Select(_ => "---|---|"))}---|

            """);
        foreach (string contestant in contestants)
        {
            QualityResult[] own = [.. table.Results.Where(result => result.Contestant == contestant).OrderBy(result => result.Run)];
            QualityResult[] measured = [.. own.Where(result => result.Failure is null)];
            string failures = string.Join("; ", own.Select(result => result.Failure).OfType<string>().Distinct().Select(Cell));
            if (measured.Length == 0)
            {
                text.Append($"| {contestant} | {failures} |{string.Concat(Enumerable.Repeat(" - |", 2 * metrics.Length - 1))} {own.Max(result => result.Seconds):F1} |\n");
                continue;
            }
            text.Append($"| {contestant}{(failures.Length > 0 ? $" ({measured.Length} of {own.Length} runs; {failures})" : "")} |");
            for (int i = 0; i < metrics.Length; i++)
            {
                double[] figures = [.. measured.Select(result => result.Figures[i])];
                text.Append($" {Text(figures.Average())}{(figures.Length > 1 && double.IsFinite(figures.Average()) ? $" ± {Text(Deviation(figures))}" : "")} |");
                text.Append($" {(contestant == contestants[0] ? "" : Verdict(table, measured, contestants[0], i, metrics[i].MoreIsBetter))} |");
            }
            text.Append($" {measured.Average(result => result.Seconds):F1} |\n");
        }
        if (table.Notes.Count > 0) text.Append('\n').AppendJoin('\n', table.Notes.Select(note => $"- {note}")).Append('\n');
        return text.ToString();
    }

    /// <summary>Text that does not end a cell of a Markdown table.</summary>
    private static string Cell(string text) => text.Replace("|", "\\|");

    /// <summary>Runs are paired where they have a split of their own; otherwise a difference counts beyond the deviations of both.</summary>
    private static string Verdict(QualityTable table, QualityResult[] own, string reference, int metric, bool moreIsBetter)
    {
        (double Own, double Other)[] pairs =
        [
            .. own.Join(table.Results.Where(result => result.Contestant == reference), result => result.Run, result => result.Run, (a, b) => (a.Figures[metric], b.Figures[metric]))
                .Where(pair => double.IsFinite(pair.Item1) && double.IsFinite(pair.Item2)),
        ];
        if (!moreIsBetter && own.Any(result => double.IsPositiveInfinity(result.Figures[metric]))) return "worse";
        if (pairs.Length == 0) return "-";
        double[] differences = [.. pairs.Select(pair => moreIsBetter ? pair.Own - pair.Other : pair.Other - pair.Own)];
        double mean = differences.Average();
        double noise = table.HasSplits
            ? 2 * Deviation(differences) / Math.Sqrt(differences.Length)
            : Math.Sqrt(Square(Deviation([.. pairs.Select(pair => pair.Own)])) + Square(Deviation([.. pairs.Select(pair => pair.Other)])));
        string amount = Text(Math.Abs(mean));
        // One run shows a difference but no noise to hold it against.
        if (pairs.Length == 1) return mean == 0 ? "equal, one run" : $"{(mean > 0 ? "better" : "worse")} by {amount}, one run";
        if (mean == 0) return "even";
        return Math.Abs(mean) <= noise ? $"even ({(mean > 0 ? "better" : "worse")} by {amount})" : mean > 0 ? $"**better** by {amount}" : $"worse by {amount}";
    }

    public static string Text(double value) =>
        double.IsNaN(value) ? "-" : Math.Abs(value) >= 1000 ? value.ToString("F0") : Math.Abs(value) >= 10 ? value.ToString("F2") : value.ToString("F4");

    private static double Square(double value) => value * value;

    private static double Deviation(double[] values)
    {
        if (values.Length < 2) return 0;
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => Square(value - mean)) / (values.Length - 1));
    }

    private sealed record Stored(Dictionary<string, string> Machine, List<QualityTable> Tables);
}
