namespace MlNetLr.Benchmarks.Quality;

/// <summary>Whether a label suits a task, and which rows have one.</summary>
internal static class TableLabel
{
    private const int MostClasses = 500, FewClasses = 20;

    /// <summary>The rows that have a label.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static TableFile Labelled(TableFile table, int label, TableTask task, string path, List<string> notes)
    {
        TableFile labelled = table.Select(Enumerable.Range(0, table.Rows.Count).Where(row => !IsMissing(table.Rows[row][label], task)));
        if (labelled.Rows.Count < table.Rows.Count) notes.Add($"{Path.GetFileName(path)}: {table.Rows.Count - labelled.Rows.Count} of {table.Rows.Count} rows have no label and are left out.");
        if (labelled.Rows.Count == 0) throw new ArgumentException($"{path} must have rows with a label but '{table.Names[label]}' is missing in all {table.Rows.Count}. Choose another --label.");
        return labelled;
    }

    public static bool IsMissing(string cell, TableTask task) =>
        task == TableTask.Regression ? TableCell.IsMissing(cell) || TableCell.IsNumber(cell) && float.IsNaN(TableCell.Number(cell)) : TableCell.IsMissingClass(cell);

    /// <summary>The classes of the rows in ordinal order.</summary>
    public static string[] Classes(TableFile table, int label) =>
        [.. table.Rows.Select(row => row[label]).Where(cell => !TableCell.IsMissingClass(cell)).Select(TableCell.Class).Distinct().Order(StringComparer.Ordinal)];

    /// <exception cref="ArgumentException">The label does not suit the task.</exception>
    public static void Check(TableFile table, int label, TableTask task)
    {
        if (task == TableTask.Regression) CheckNumbers(table, label);
        else CheckClasses(table, label, task, Classes(table, label));
    }

    private static void CheckClasses(TableFile table, int label, TableTask task, string[] classes)
    {
        string name = table.Names[label], values = string.Join(", ", classes.Take(5).Select(value => $"'{value}'")) + (classes.Length > 5 ? ", ..." : "");
        bool areNumbers = classes.All(TableCell.IsNumber);
        if (classes.Length < 2)
            throw new ArgumentException($"The label must have at least two values but '{name}' has {classes.Length}{(values.Length > 0 ? ": " + values : "")}. Choose another --label.");
        // A number as the label of a classification: nearly every row is a class of its own.
        bool isNumber = classes.Length > MostClasses || areNumbers && classes.Length > FewClasses && classes.Length * 2 > table.Rows.Count;
        if (task == TableTask.Binary && classes.Length != 2)
            throw new ArgumentException($"The label must have two values for a binary task but '{name}' has {classes.Length}: {values}. Choose another --label, or --task {(areNumbers && isNumber ? "regression" : "multiclass")}.");
        if (isNumber)
            throw new ArgumentException($"The label must have at most {MostClasses} classes{(areNumbers ? " and several rows of each" : "")} but '{name}' has {classes.Length} in {table.Rows.Count} rows. {(areNumbers ? "It is a number: choose --task regression." : "Choose another --label.")}");
    }

    private static void CheckNumbers(TableFile table, int label)
    {
        string[] words = [.. table.Rows.Select(row => row[label]).Where(cell => !TableCell.IsMissing(cell) && !TableCell.IsNumber(cell))];
        if (words.Length == 0) return;
        string advice = words.Length * 2 > table.Rows.Count ? "Choose another --label, or --task binary or multiclass." : "Correct or empty these cells, or choose another --label.";
        throw new ArgumentException($"The label of a regression must be a number but '{table.Names[label]}' has '{words[0]}' ({words.Length} of {table.Rows.Count} rows are no numbers). {advice}");
    }
}
