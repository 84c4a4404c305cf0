using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Trainers.Tests.Checkpoints;

/// <summary>Checkpoints to write and read.</summary>
internal static class Samples
{
    /// <summary>A small one with every kind of content.</summary>
    public static Checkpoint Small(long step = 12, double? score = 0.25, float weight = 1.5f) => new Checkpoint.Builder()
        .Add("layers.0.weight", (ReadOnlyMemory<float>)new[] { weight, -2, 0 }, 3, 1)
        .Add("optimizer.step", (ReadOnlyMemory<long>)new[] { step })
        .Add("schedule", "warmup(5ep) > hold(10ep)")
        .Add("early_stopping.best", 0.1)
        .Build(step, score);

    /// <summary>The bytes of its file.</summary>
    public static byte[] FileOf(Checkpoint checkpoint, string folder, bool allowNonFinite = false)
    {
        string path = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        CheckpointFile.Write(path, checkpoint, allowNonFinite: allowNonFinite);
        byte[] file = File.ReadAllBytes(path);
        File.Delete(path);
        return file;
    }

    public static Checkpoint Read(byte[] file, bool allowNonFinite = false)
    {
        using var stream = new MemoryStream(file);
        return CheckpointFile.Read(stream, "a.safetensors", allowNonFinite);
    }
}
