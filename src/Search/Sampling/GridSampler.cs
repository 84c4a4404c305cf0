namespace Microsoft.ML.TrainerSearch;

/// <summary>Every combination once, the last parameter fastest; continuous parameters take evenly spaced points, ends included.</summary>
internal sealed class GridSampler(int points) : Sampler
{
    public override Proposal? Propose(StudyView study, int number, Configuration? given)
    {
        // Starts take numbers of their own: the grid begins after them.
        long index = number - study.Space.Starts.Length;
        if (given is not null) return new(study.Space.Fill(given, parameter => parameter.Nth(0, points)), "grid");
        return Nth(study.Space, index, []) is { } values ? new(new Configuration(study.Space, values), "grid") : null;
    }

    private Dictionary<string, double>? Nth(SearchSpace space, long index, Dictionary<string, double> values)
    {
        int position = 0;
        while (position < space.Entries.Length)
        {
            SpaceEntry entry = space.Entries[position++];
            if (!SearchSpace.IsActive(entry, values)) continue;
            long count = entry.Parameter.Count ?? points;
            bool fits = false;
            for (long i = 0; i < count && !fits; i++)
            {
                values[entry.Parameter.Name] = entry.Parameter.Nth(i, points);
                long below = Size(space, position, values);
                if (fits = index < below) break;
                index -= below;
            }
            if (!fits) return null;
        }
        return values;
    }

    /// <summary>The number of combinations of the parameters from <paramref name="position"/> on, given those before.</summary>
    private long Size(SearchSpace space, int position, Dictionary<string, double> values)
    {
        for (; position < space.Entries.Length; position++)
        {
            SpaceEntry entry = space.Entries[position];
            if (!SearchSpace.IsActive(entry, values)) continue;
            long count = entry.Parameter.Count ?? points;
            bool matters = entry.Parameter is ChoiceParameter && space.Entries.Skip(position + 1).Any(later => later.Conditions.Any(condition => condition.Parent == entry.Parameter));
            if (!matters) return checked(count * Size(space, position + 1, values));
            long sum = 0;
            for (long i = 0; i < count; i++)
            {
                values[entry.Parameter.Name] = entry.Parameter.Nth(i, points);
                sum = checked(sum + Size(space, position + 1, values));
            }
            values.Remove(entry.Parameter.Name);
            return sum;
        }
        return 1;
    }
}
