namespace MlNetLr.Benchmarks.Quality;

/// <summary>Which columns of a file are features. None is left out for what it says about the label: the label's copies are only remarked upon.</summary>
internal static class TableFeatures
{
    /// <summary>The table without columns that are none of its own, the label's place in it, and what there is to say about it.</summary>
    public static (TableFile Table, int Label) Choose(TableFile all, int label, List<string> notes)
    {
        var kept = new List<int>();
        for (int column = 0; column < all.Names.Length; column++)
        {
            if (column == label) kept.Add(column);
            else if (all.HasHeader && all.Names[column] == all.Names[label])
            {
                if (!all.Rows.All(row => row[column] == row[label]))
                    throw new ArgumentException($"--label must name one column but {all.Names.Count(name => name == all.Names[label])} with other values are named '{all.Names[label]}'. Rename all but one.");
                notes.Add($"Column '{all.Names[column]}' is there twice; the second one is left out.");
            }
            else if (!CountsRows(all, column)) kept.Add(column);
            // What pandas and R write beside a table without being asked.
            else if (all.HasHeader && (all.Names[column].Length == 0 || all.Names[column].StartsWith("Unnamed:", StringComparison.Ordinal)))
                notes.Add("The column without a name counts the rows and is left out.");
            else
            {
                notes.Add($"Column '{all.Names[column]}' counts the rows. If they are sorted, it gives the label away: then take it out of the file.");
                kept.Add(column);
            }
        }
        foreach (int column in kept)
            if (column != label && SaysTheSame(all, column, label))
                notes.Add($"Column '{all.Names[column]}' says the same as the label in every row. If it is a copy, take it out of the file, or the figures say nothing.");
        return (all.Columns(kept), kept.IndexOf(label));
    }

    private static bool CountsRows(TableFile all, int column)
    {
        float first = TableCell.Number(all.Rows[0][column]);
        return first is 0 or 1 && all.Rows.Count > 2 && all.Rows.Index().All(row => TableCell.Number(row.Item[column]) == first + row.Index);
    }

    private static bool SaysTheSame(TableFile all, int column, int label)
    {
        var there = new Dictionary<string, string>();
        var back = new Dictionary<string, string>();
        return all.Rows.All(row => Agrees(there, row[column], row[label]) && Agrees(back, row[label], row[column]))
            && there.Count > 1 && (there.Count < all.Rows.Count || all.Rows.All(row => row[column] == row[label]));
    }

    private static bool Agrees(Dictionary<string, string> known, string from, string to) => known.TryAdd(from, to) || known[from] == to;
}
