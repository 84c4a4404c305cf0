using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>A training loop of a Python library in a process of its own, which waits while it is not its turn.</summary>
internal sealed class PythonLoop : Contestant
{
    /// <summary>How the text on learning rates that this library began with trains.</summary>
    public const string Seed = "PyTorch with DataLoader (Python)";

    private const string Script = "benchmarks/peers/loop.py";
    private static readonly Lazy<string?> Interpreter = new(Find);
    private readonly Process process;

    private PythonLoop(string name, string style, Workload workload, int threads) : base(name)
    {
        process = Start(Script, style, string.Join('-', workload.Sizes), workload.Rows, workload.Batch, workload.Rule, workload.Rate, threads)!;
        Expect("ready");
    }

    /// <summary>A script in a process that listens on standard input, or null where this machine lacks the libraries.</summary>
    public static Process? Start(string script, params object[] arguments)
    {
        if (Interpreter.Value is not { } interpreter) return null;
        var start = new ProcessStartInfo(interpreter) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (object argument in arguments.Prepend(Path.Combine(Repository.Folder, script)))
            start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        start.Environment.TryAdd("OPENBLAS_CORETYPE", Vector512.IsHardwareAccelerated ? "SkylakeX" : "Haswell");
        return Process.Start(start);
    }

    /// <summary>The libraries that this machine has, each with the number of threads that is faster for the workload.</summary>
    public static IEnumerable<Contestant> Of(Workload workload)
    {
        if (Interpreter.Value is null) yield break;
        int threads = workload.Name is "W1" or "W2" ? 1 : 2;
        yield return new PythonLoop(Seed, "dataloader", workload, threads);
        yield return new PythonLoop("PyTorch in memory (Python)", "memory", workload, threads);
        yield return new PythonLoop("scikit-learn (Python)", "sklearn", workload, threads);
        if (workload.Name is "W1" or "W2") yield return new PythonLoop("skorch (Python)", "skorch", workload, threads);
    }

    /// <summary>The versions of the libraries, or null where nothing asked for them.</summary>
    public static string? Versions()
    {
        const string Print = "import numpy, torch, sklearn, skorch; print(', '.join(f'{m.__name__} {m.__version__}' for m in (torch, sklearn, skorch, numpy)))";
        if (!Interpreter.IsValueCreated || Interpreter.Value is not { } interpreter) return null;
        using Process asked = Process.Start(new ProcessStartInfo(interpreter, ["-c", Print]) { RedirectStandardOutput = true })!;
        string versions = asked.StandardOutput.ReadToEnd().Trim();
        asked.WaitForExit();
        return versions;
    }

    public override void Steps(int count)
    {
        process.StandardInput.WriteLine(count.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Flush();
        Expect("done");
    }

    public override void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    private void Expect(string word)
    {
        string? line = process.StandardOutput.ReadLine();
        if (line != word) throw new InvalidOperationException($"{Name} must answer '{word}' but answered '{line ?? "nothing"}'. Run {Script} by hand to see why.");
    }

    // The first interpreter that has what the script imports.
    private static string? Find()
    {
        string[] candidates = Environment.GetEnvironmentVariable("MLNETLR_PYTHON") is { Length: > 0 } given ? [given] : ["/usr/bin/python3", "python3"];
        foreach (string candidate in candidates)
        {
            try
            {
                using Process probe = Process.Start(new ProcessStartInfo(candidate, ["-c", "import torch, sklearn, skorch"]) { RedirectStandardError = true })!;
                probe.StandardError.ReadToEnd();
                probe.WaitForExit();
                if (probe.ExitCode == 0) return candidate;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // No such program: the next one.
            }
        }
        return null;
    }
}
