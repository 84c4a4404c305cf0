using System.Globalization;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Where a network trains: <see cref="Auto"/>, <see cref="Cpu"/> or <see cref="Cuda"/>. The default is <see cref="Auto"/>.</summary>
/// <remarks>The text forms are <c>auto</c>, <c>cpu</c>, <c>cuda</c> (the first GPU) and <c>cuda:1</c>.</remarks>
public sealed record Device
{
    private Device(string name, int? index)
    {
        Name = name;
        CudaIndex = index;
    }

    /// <summary>
    /// What the <c>MLContext</c> says: the GPU <c>GpuDeviceId</c> if that is set, else the CPU. If that GPU cannot be used,
    /// <c>FallbackToCpu</c> decides between the CPU and an error.
    /// </summary>
    public static Device Auto { get; } = new("auto", null);

    /// <summary>The CPU, whatever the <c>MLContext</c> says.</summary>
    public static Device Cpu { get; } = new("cpu", null);

    /// <summary>The number of the GPU, counted from 0; null unless this is a GPU.</summary>
    public int? CudaIndex { get; }

    private string Name { get; }

    /// <summary>A GPU by CUDA, whatever the <c>MLContext</c> says. It is an error if it cannot be used.</summary>
    /// <param name="index">The number of the GPU, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative.</exception>
    public static Device Cuda(int index = 0) => index >= 0
        ? new("cuda", index)
        : throw new ArgumentOutOfRangeException(nameof(index), string.Create(CultureInfo.InvariantCulture, $"index must be 0 or more but was {index}. The first GPU is 0."));

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is not one of the text forms.</exception>
    public static Device Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text switch
        {
            "auto" => Auto,
            "cpu" => Cpu,
            "cuda" => Cuda(),
            _ when text.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index) => Cuda(index),
            _ => throw new FormatException($"device must be auto, cpu, cuda or cuda:N but was '{text}'. The first GPU is cuda:0."),
        };
    }

    /// <summary>The text form.</summary>
    public override string ToString() => CudaIndex is { } index ? string.Create(CultureInfo.InvariantCulture, $"{Name}:{index}") : Name;
}
