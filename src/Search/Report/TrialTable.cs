using System.Globalization;
using System.Text;

namespace Microsoft.ML.TrainerSearch;

/// <summary>All trials as a table: one row each, exact values.</summary>
internal static class TrialTable
{
    /// <summary>Comma-separated, quoted where needed (RFC 4180), invariant culture.</summary>
    public static string Csv(StudyView study, Func<double, double>? metric = null)
    {
        var text = new StringBuilder();
        Append(text, ["trial", "state", "origin", "value", "last step", "last report", "steps spent", "seconds", .. study.Space.Entries.Select(entry => entry.Parameter.Name), "error"]);
        foreach (TrialRecord trial in study.Trials)
            Append(text,
            [
                Text(trial.Number), trial.State.ToString(), trial.Origin,
                trial.Value is { } value ? Text(metric?.Invoke(value) ?? value) : "",
                Text(trial.LastStep), trial.ValueAt(trial.LastStep) is { } last ? Text(last) : "", Text(trial.Spent), Text(trial.Duration.TotalSeconds),
                .. study.Space.Entries.Select(entry => trial.Configuration.Has(entry.Parameter.Name) ? trial.Configuration.Text(entry.Parameter.Name) : ""),
                trial.Error ?? "",
            ]);
        return text.ToString();
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendJoin(',', cells.Select(cell => cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
}
