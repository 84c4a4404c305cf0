using System.Collections.Concurrent;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Names of numbered slots, made once.</summary>
internal static class SlotNames
{
    private static readonly ConcurrentDictionary<(string, int), string[]> Known = new();

    /// <summary><paramref name="name"/>_0, <paramref name="name"/>_1, ...</summary>
    public static string[] Of(string name, int count) =>
        Known.GetOrAdd((name, count), static key => [.. Enumerable.Range(0, key.Item2).Select(i => $"{key.Item1}_{i}")]);
}
