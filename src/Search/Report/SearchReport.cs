using System.Globalization;
using System.Text;

namespace Microsoft.ML.TrainerSearch;

/// <summary>One self-contained page about a study: figures drawn as SVG, no script, nothing fetched.</summary>
internal static class SearchReport
{
    private const int MostCurves = 60;

    /// <param name="study">The study.</param>
    /// <param name="title">The heading.</param>
    /// <param name="metricName">What a trial's value is.</param>
    /// <param name="metric">From a stored value to the metric people know; null if they are the same.</param>
    /// <param name="summary">Lines for the top, such as epochs saved.</param>
    public static string Write(StudyView study, string title, string metricName, Func<double, double>? metric = null, IEnumerable<string>? summary = null)
    {
        metric ??= value => value;
        TrialRecord[] complete = [.. study.Trials.Where(trial => trial.State == TrialState.Complete && double.IsFinite(study.Loss(trial.Value ?? double.NaN)))];
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(Html.Escape(title)).Append("</title><style>")
            .Append("body{font:14px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}svg{width:100%;height:auto;font-size:11px}svg text{fill:#555}.grid{stroke:#e5e5e5}")
            .Append("table{border-collapse:collapse;font-size:12px}td,th{padding:2px 8px;border-bottom:1px solid #eee;text-align:left;white-space:nowrap}div.wide{overflow-x:auto}polyline:hover{stroke-width:4}.axis{stroke:#999}")
            .Append("</style></head><body>\n");
        page.Append("<h1>").Append(Html.Escape(title)).Append("</h1>\n<ul>");
        foreach (string line in Summary(study, metricName, metric).Concat(summary ?? []))
            page.Append("<li>").Append(Html.Escape(line)).Append("</li>");
        page.Append("</ul>\n<h2>Best so far</h2>\n").Append(BestSoFar(study, complete, metricName, metric));
        page.Append("\n<h2>Learning curves</h2>\n").Append(Curves(study, report => report.Value, "reported value"));
        if (study.Trials.Any(trial => trial.Reports.Any(report => report.Rate > 0)))
            page.Append("\n<h2>Learning rates</h2>\n").Append(Curves(study, report => report.Rate ?? double.NaN, "rate", logarithmic: true));
        page.Append("\n<h2>Importance of parameters</h2>\n<p>The part of the differences between trials that each parameter explains on its own.</p>\n").Append(Importance(study));
        page.Append("\n<h2>Parallel coordinates</h2>\n<p>One line per complete trial; the darker, the better.</p>\n").Append(ParallelCoordinates(study, complete, metricName, metric));
        page.Append("\n<h2>Trials</h2>\n").Append(Table(study, metricName, metric)).Append("\n</body></html>\n");
        return page.ToString();
    }

    private static IEnumerable<string> Summary(StudyView study, string metricName, Func<double, double> metric)
    {
        if (study.Best is { } best) yield return string.Create(CultureInfo.InvariantCulture, $"Best {metricName}: {metric(best.Value!.Value):G6}, trial {best.Number}: {best.Configuration}");
        yield return $"{study.Trials.Count} trials: " + string.Join(", ", study.Trials.GroupBy(trial => trial.State).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key.ToString().ToLowerInvariant()}"));
        yield return string.Create(CultureInfo.InvariantCulture, $"{study.Trials.Sum(trial => (long)trial.Spent)} epochs trained");
    }

    private static string BestSoFar(StudyView study, TrialRecord[] complete, string metricName, Func<double, double> metric)
    {
        var steps = new List<(double, double)>();
        double least = double.PositiveInfinity, before = double.NaN;
        foreach (TrialRecord trial in complete)
        {
            if (study.Loss(trial.Value!.Value) >= least) continue;
            if (double.IsFinite(before)) steps.Add((trial.Number, before));
            least = study.Loss(trial.Value.Value);
            steps.Add((trial.Number, before = metric(trial.Value.Value)));
        }
        if (steps.Count > 0) steps.Add((study.Trials.Count - 1, before));
        return SvgChart.Draw("trial", metricName,
        [
            .. complete.Select(trial => new ChartLine([(trial.Number, metric(trial.Value!.Value))], "#9ab", trial.ToString(), Marks: true)),
            new ChartLine(steps, "#c33", "best so far"),
        ]);
    }

    private static string Curves(StudyView study, Func<TrialReport, double> value, string label, bool logarithmic = false) => SvgChart.Draw("step", label,
        [.. study.Trials.Where(trial => trial.Reports.Length > 0).OrderBy(trial => study.Loss(trial.Value ?? double.NaN)).Take(MostCurves).Reverse()
            .Select(trial => new ChartLine([.. trial.Reports.Where(report => !report.IsJudged).Select(report => ((double)report.Step, value(report)))],
                trial.Number == study.Best?.Number ? "#c33" : trial.State == TrialState.Complete ? "#369" : "#bbb", trial.ToString()))], logarithmic);

    private static string Importance(StudyView study)
    {
        var bars = new StringBuilder();
        IReadOnlyList<ParameterImportance> all = ParameterImportance.Of(study);
        bars.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 720 {all.Count * 22 + 4}\" role=\"img\">");
        for (int i = 0; i < all.Count; i++)
            bars.Append(CultureInfo.InvariantCulture, $"<text x=\"200\" y=\"{i * 22 + 16}\" text-anchor=\"end\">{Html.Escape(all[i].Parameter)}</text><rect x=\"208\" y=\"{i * 22 + 4}\" width=\"{all[i].Share * 440:0.#}\" height=\"16\" fill=\"#369\"/><text x=\"{214 + all[i].Share * 440:0.#}\" y=\"{i * 22 + 16}\">{all[i].Share:P0}</text>");
        return bars.Append("</svg>").ToString();
    }

    private static string ParallelCoordinates(StudyView study, TrialRecord[] complete, string metricName, Func<double, double> metric)
    {
        if (complete.Length < 2) return "<p>Not enough trials yet.</p>";
        const double height = 320, top = 40, bottom = 30;
        int axes = study.Space.Entries.Length + 1;
        double X(int axis) => 60 + axis * 110.0;
        double Y(double unit) => height - bottom - unit * (height - top - bottom);
        double low = complete.Min(trial => metric(trial.Value!.Value)), high = complete.Max(trial => metric(trial.Value!.Value));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<div class=\"wide\"><svg viewBox=\"0 0 {X(axes)} {height}\" style=\"min-width:{X(axes)}px\" role=\"img\">");
        foreach (((string name, string from, string to), int axis) in study.Space.Entries.Select(entry => Ends(entry.Parameter)).Append((metricName, low.ToString("G4", CultureInfo.InvariantCulture), high.ToString("G4", CultureInfo.InvariantCulture))).Select((ends, axis) => (ends, axis)))
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{X(axis)}\" x2=\"{X(axis)}\" y1=\"{top}\" y2=\"{height - bottom}\"/><text x=\"{X(axis)}\" y=\"14\" text-anchor=\"middle\">{Html.Escape(name)}</text><text x=\"{X(axis)}\" y=\"30\" text-anchor=\"middle\">{Html.Escape(to)}</text><text x=\"{X(axis)}\" y=\"{height - 12}\" text-anchor=\"middle\">{Html.Escape(from)}</text>");

        TrialRecord[] worstFirst = [.. complete.OrderByDescending(trial => study.Loss(trial.Value!.Value))];
        for (int i = 0; i < worstFirst.Length; i++)
        {
            TrialRecord trial = worstFirst[i];
            // A parameter that does not exist in a trial is passed below its axis.
            IEnumerable<double> units = study.Space.Entries
                .Select(entry => trial.Configuration.TryGetValue(entry.Parameter.Name, out double value) ? entry.Parameter.ToUnit(value) : -0.04)
                .Append(high > low ? (metric(trial.Value!.Value) - low) / (high - low) : 0.5);
            string points = string.Join(' ', units.Select((unit, axis) => string.Create(CultureInfo.InvariantCulture, $"{X(axis)},{Y(unit):0.#}")));
            double goodness = (i + 1.0) / worstFirst.Length;
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"hsl(215,60%,{88 - 60 * goodness:0}%)\" points=\"{points}\"><title>{Html.Escape(trial.ToString())}</title></polyline>");
        }
        return svg.Append("</svg></div>").ToString();
    }

    private static (string Name, string From, string To) Ends(SearchParameter parameter) => parameter is ChoiceParameter choice
        ? (parameter.Name, choice.Labels[0], choice.Labels[^1])
        : (parameter.Name, Short(parameter.FromUnit(0)), Short(parameter.FromUnit(1)));

    private static string Short(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Table(StudyView study, string metricName, Func<double, double> metric)
    {
        var table = new StringBuilder("<div class=\"wide\"><table><tr>");
        foreach (string head in (string[])["trial", "state", "origin", metricName, "epochs", "seconds", .. study.Space.Entries.Select(entry => entry.Parameter.Name)])
            table.Append("<th>").Append(Html.Escape(head)).Append("</th>");
        foreach (TrialRecord trial in study.Trials.OrderBy(trial => study.Loss(trial.Value ?? double.NaN)).ThenBy(trial => trial.Number))
        {
            table.Append("</tr>\n<tr>");
            foreach (string cell in (string[])
            [
                trial.Number.ToString(CultureInfo.InvariantCulture), trial.State.ToString(), trial.Origin,
                trial.Value is { } value ? metric(value).ToString("G6", CultureInfo.InvariantCulture) : trial.Error ?? "",
                trial.Spent.ToString(CultureInfo.InvariantCulture), trial.Duration.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),
                .. study.Space.Entries.Select(entry => !trial.Configuration.Has(entry.Parameter.Name) ? "" : entry.Parameter.IsContinuous ? Short(trial.Configuration[entry.Parameter.Name]) : trial.Configuration.Text(entry.Parameter.Name)),
            ])
                table.Append("<td>").Append(Html.Escape(cell)).Append("</td>");
        }
        return table.Append("</tr></table></div>").ToString();
    }
}
