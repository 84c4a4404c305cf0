using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Who claims a trial: <c>host|process|start</c>. On the same host a dead process is recognised at once, so its trials
/// need not wait for their heartbeat to grow old. The host includes the process namespace: containers may share a name.
/// </summary>
internal static class WorkerIdentity
{
    private static readonly string Host = Environment.MachineName + ProcessNamespace();

    public static string Current { get; } = Describe(Process.GetCurrentProcess());

    /// <summary>True if <paramref name="worker"/> certainly does not run any more.</summary>
    public static bool IsKnownDead(string worker)
    {
        if (worker == Current || !TryRead(worker, out int id, out long start)) return false;
        try
        {
            // The start time of another process is derived from clock ticks and may be off by a second.
            using Process process = Process.GetProcessById(id);
            return process.HasExited || Math.Abs(StartOf(process) - start) > 2;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    private static string Describe(Process process) =>
        string.Create(CultureInfo.InvariantCulture, $"{Host}|{process.Id}|{StartOf(process)}");

    private static long StartOf(Process process) => new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeSeconds();

    private static bool TryRead(string worker, out int id, out long start)
    {
        string[] parts = worker.Split('|');
        (id, start) = (0, 0);
        return parts.Length == 3 && parts[0] == Host
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out id)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out start);
    }

    private static string ProcessNamespace()
    {
        try
        {
            return new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
