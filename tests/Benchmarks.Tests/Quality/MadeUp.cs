using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

/// <summary>Small tables from text: lines are rows, blanks separate cells, the first line has the names.</summary>
internal static class MadeUp
{
    public static TableFile Table(string text)
    {
        string[][] rows = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))];
        return new TableFile(rows[0], rows[1..]) { HasHeader = true };
    }
}
