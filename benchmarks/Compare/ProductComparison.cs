namespace MlNetLr.Benchmarks.Compare;

/// <summary>The products of larger networks, libtorch's against the engine's own, on one core: what decision 0009 goes by.</summary>
internal static class ProductComparison
{
    private static readonly (int[] Sizes, int Batch)[] Networks =
        [([512, 1024, 1024, 10], 1024), ([1024, 2048, 2048, 100], 1024), ([2048, 4096, 4096], 1024), ([1024, 1024], 16384)];

    public static Section Run(int rounds)
    {
        var rows = new List<(string, double, double)>();
        var ratios = new List<string>();
        foreach ((int[] sizes, int batch) in Networks)
        {
            Race race = Race.Run([.. GemmFloor.OneCore(new Workload("", sizes, batch, batch, "", 0))], Math.Max(3, rounds / 5), 1);
            string name = $"{string.Join('-', sizes)}, batch {batch}";
            rows.AddRange(race.Laps.Select(lap => ($"{name}, {lap.Name["floor: ".Length..]}", lap.Median / 1000, lap.Best / 1000)));
            ratios.Add($"{race.Ratio(GemmFloor.Library, GemmFloor.Own):F2}");
        }
        return new Section("products of larger networks, one step", "ms", rows, [], $"libtorch's / own, in this order: {string.Join(", ", ratios)}.");
    }
}
