namespace MlNetLr.Benchmarks.Quality;

/// <summary>Random rows to test on, the others to train on.</summary>
internal static class TableSplit
{
    private const int Tries = 1000;

    /// <summary>The split of a seed. Where a class would be missing that training or testing cannot do without, it is drawn again.</summary>
    public static (TableFile Train, TableFile Test) Draw(TableFile all, int label, TableTask task, double fraction, int seed)
    {
        int[] order = [.. Enumerable.Range(0, all.Rows.Count)];
        if (order.Length < 2) throw new ArgumentException($"The table must have at least two rows with a label but has {order.Length}. One is trained on and one is tested on.");
        int tested = Math.Clamp((int)Math.Round(fraction * order.Length), 1, order.Length - 1);
        var random = new Random(seed);
        string[] classes = task == TableTask.Regression ? [] : [.. all.Rows.Select(row => TableCell.Class(row[label]))];
        for (int i = 0; i < Tries; i++)
        {
            random.Shuffle(order);
            if (task == TableTask.Regression || IsComplete(order.AsSpan(0, tested), order.AsSpan(tested), classes, task))
                return (all.Select(order.Skip(tested)), all.Select(order.Take(tested)));
        }
        int rarest = classes.CountBy(name => name).Min(own => own.Value);
        throw new ArgumentException(
            $"The rows to train on and to test on must {(task == TableTask.Binary ? "both have both classes" : "have classes in common, and two of them to train on")} but no split of {all.Rows.Count} rows into {all.Rows.Count - tested} and {tested} was found that does (the rarest class has {rarest}). Choose another --split, or give more rows or a --test file.");
    }

    /// <summary>AUC needs both classes among the tested rows, every classification two to train on.</summary>
    private static bool IsComplete(ReadOnlySpan<int> test, ReadOnlySpan<int> train, string[] classes, TableTask task)
    {
        HashSet<string> tested = Of(test, classes), trained = Of(train, classes);
        return trained.Count > 1 && (task == TableTask.Binary ? tested.Count > 1 : tested.Overlaps(trained));
    }

    private static HashSet<string> Of(ReadOnlySpan<int> rows, string[] classes)
    {
        var found = new HashSet<string>();
        foreach (int row in rows) found.Add(classes[row]);
        return found;
    }
}
