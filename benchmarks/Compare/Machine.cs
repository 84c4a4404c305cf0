using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks.Kernels;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>What a figure depends on.</summary>
internal sealed record Machine(IReadOnlyList<KeyValuePair<string, string>> Facts)
{
    public static Machine Describe() => new(
    [
        new("processor", Processor()),
        new("cores", Environment.ProcessorCount.ToString()),
        new("vector width used", $"{Simd.Width} bits"),
        new("system", RuntimeInformation.OSDescription),
        new(".NET", RuntimeInformation.FrameworkDescription),
        new("ML.NET", Version(typeof(Microsoft.ML.MLContext))),
        new("TorchSharp", Version(typeof(TorchSharp.torch))),
        new("ONNX Runtime", Version(typeof(Microsoft.ML.OnnxRuntime.InferenceSession))),
        .. PythonLoop.Versions() is { } versions ? [new KeyValuePair<string, string>("Python peers", versions)] : Array.Empty<KeyValuePair<string, string>>(),
        new("load average at the end", Load()),
    ]);

    /// <summary>The package's version: the assembly's own is 1.0.0.0 for ML.NET, for ever.</summary>
    private static string Version(Type type) => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        if (!File.Exists(CpuInfo)) return RuntimeInformation.ProcessArchitecture.ToString();
        string? line = File.ReadLines(CpuInfo).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
    }

    private static string Load() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
}
