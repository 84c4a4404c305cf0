using System.Diagnostics;
using System.Globalization;
using MlNetLr.Benchmarks.Compare;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>The same step of TorchTabular written for speed in PyTorch, in a process of its own, which waits while it is not its turn.</summary>
internal sealed class PythonStep : IDisposable
{
    private const string Script = "benchmarks/peers/tabular_step.py";
    private readonly Process process;

    private PythonStep(Process process)
    {
        this.process = process;
        string? line = process.StandardOutput.ReadLine();
        if (line != "ready") throw new InvalidOperationException($"{Script} must answer 'ready' but answered '{line ?? "nothing"}'. Run it by hand to see why.");
    }

    /// <summary>The peer, or null where this machine has no Python with PyTorch.</summary>
    public static PythonStep? TryStart() => PythonLoop.Start(Script) is { } process ? new PythonStep(process) : null;

    /// <summary>Milliseconds of processor time per step, over that many steps.</summary>
    public double Time(int steps)
    {
        process.StandardInput.WriteLine(steps.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Flush();
        return double.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
