namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>State of a group or of one of its layers that is not one number per parameter: named arrays of doubles.</summary>
internal sealed class Scalars
{
    private readonly SortedDictionary<string, (double[] Values, double Initial)> arrays = new(StringComparer.Ordinal);

    /// <summary>The number of that name; made on first use.</summary>
    public ref double this[string name, double initial = 0] => ref Array(name, 1, initial)[0];

    /// <summary>All of them, by name.</summary>
    public IEnumerable<(string Name, double[] Values)> All => arrays.Select(pair => (pair.Key, pair.Value.Values));

    /// <summary>The array of that name; made on first use.</summary>
    public double[] Array(string name, int length, double initial = 0)
    {
        if (!arrays.TryGetValue(name, out (double[] Values, double Initial) found))
        {
            arrays[name] = found = (new double[length], initial);
            System.Array.Fill(found.Values, initial);
        }
        return found.Values;
    }

    /// <summary>Sets everything to its first value.</summary>
    public void Reset()
    {
        foreach ((double[] values, double initial) in arrays.Values) System.Array.Fill(values, initial);
    }
}
