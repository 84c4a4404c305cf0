using System.Text;
using System.Text.Json;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>A figure that was asked for, and what was measured.</summary>
/// <param name="What">What is compared.</param>
/// <param name="Measured">The ratio or time.</param>
/// <param name="Bar">What it must be.</param>
/// <param name="AtLeast">Whether the bar is a lower bound.</param>
internal sealed record Bar(string What, double Measured, double Limit, bool AtLeast, string Unit = "x")
{
    public bool Met => AtLeast ? Measured >= Limit : Measured <= Limit;
}

/// <summary>One section: what took how long, and the bars.</summary>
internal sealed record Section(string Title, string Unit, IReadOnlyList<(string Name, double Median, double Best)> Times, IReadOnlyList<Bar> Bars, string Note = "");

/// <summary>Collects the sections and writes them as Markdown and JSON.</summary>
internal sealed class Report
{
    private readonly List<Section> sections = [];

    public bool AllMet => sections.SelectMany(section => section.Bars).All(bar => bar.Met);

    public void Add(Section section)
    {
        sections.Add(section);
        Console.WriteLine(Markdown(section));
    }

    /// <param name="name">Of the two files; see <see cref="Repository.ResultPath"/>.</param>
    public void Write(string name)
    {
        string path = Repository.ResultPath(name);
        Machine machine = Machine.Describe();
        var text = new StringBuilder($"# {Path.GetFileName(path)}\n\n");
        foreach ((string key, string value) in machine.Facts) text.Append($"- {key}: {value}\n");
        text.Append("\nEach figure is a median over rounds in which all contestants take turns; in brackets the best round. Ratios are medians of the ratios within a round.\n");
        foreach (Section section in sections) text.Append('\n').Append(Markdown(section));
        File.WriteAllText(path + ".md", text.ToString());
        var json = new
        {
            machine = machine.Facts.ToDictionary(fact => fact.Key, fact => fact.Value),
            sections = sections.Select(section => new
            {
                section.Title,
                section.Unit,
                times = section.Times.Select(time => new { time.Name, time.Median, time.Best }),
                bars = section.Bars.Select(bar => new { bar.What, bar.Measured, bar.Limit, bar.AtLeast, bar.Unit, bar.Met }),
                section.Note,
            }),
        };
        File.WriteAllText(path + ".json", JsonSerializer.Serialize(json, new JsonSerializerOptions { WriteIndented = true }));
        Console.WriteLine($"written to {path}.md and .json");
    }

    private static string Markdown(Section section)
    {
        var text = new StringBuilder($"## {section.Title}\n\n");
        if (section.Times.Count > 0)
        {
            text.Append($"| | {section.Unit} |\n|---|---|\n");
            foreach ((string name, double median, double best) in section.Times) text.Append($"| {name} | {Number(median)} ({Number(best)}) |\n");
            text.Append('\n');
        }
        if (section.Bars.Count > 0)
        {
            text.Append("| bar | measured | asked for | |\n|---|---|---|---|\n");
            foreach (Bar bar in section.Bars)
                text.Append($"| {bar.What} | {Number(bar.Measured)} {bar.Unit} | {(bar.AtLeast ? "at least" : "at most")} {Number(bar.Limit)} {bar.Unit} | {(bar.Met ? "met" : "**not met**")} |\n");
            text.Append('\n');
        }
        if (section.Note.Length > 0) text.Append(section.Note).Append('\n');
        return text.ToString();
    }

    private static string Number(double value) =>
        double.IsNaN(value) ? "-" : Math.Abs(value) >= 1000 ? value.ToString("F0") : Math.Abs(value) >= 10 ? value.ToString("F1")
        : Math.Abs(value) is >= 0.1 or 0 ? value.ToString("F2") : value.ToString("F4");
}
