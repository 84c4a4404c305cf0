using System.Globalization;

namespace Faults.Support;

/// <summary>What this process holds: memory, threads, tensors.</summary>
internal sealed record Resources(long Bytes, int Threads, long Tensors)
{
    /// <param name="torch">Whether libtorch is used: asking for its tensors loads it.</param>
    public static Resources Now(bool torch)
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return new Resources(ResidentBytes(), LivingThreads(), torch ? LiveTensors() : 0);
    }

    public static long LiveTensors() => TorchSharp.torch.Tensor.TotalCount - OwnNetwork.ParametersMade;

    // The thread pool comes and goes as it likes.
    private static int LivingThreads() => OperatingSystem.IsLinux() ? ThreadNames().Count() : System.Diagnostics.Process.GetCurrentProcess().Threads.Count;

    /// <summary>What Linux calls the threads, but those of the pool.</summary>
    public static IEnumerable<string> ThreadNames() =>
        Directory.GetDirectories("/proc/self/task").Select(thread => File.ReadAllText($"{thread}/comm").Trim()).Where(name => !name.StartsWith(".NET TP", StringComparison.Ordinal));

    private static long ResidentBytes()
    {
        if (!OperatingSystem.IsLinux()) return Environment.WorkingSet;
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line["VmRSS:".Length..^"kB".Length], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
