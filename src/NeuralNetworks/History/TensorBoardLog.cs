using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>Writes a training history as an event file for TensorBoard.</summary>
public static class TensorBoardLog
{
    /// <summary>
    /// Writes one event file into a folder: the run's folder, as in <c>tensorboard --logdir</c> of the folder above it.
    /// </summary>
    /// <remarks>
    /// Per epoch, at the number of steps taken: <c>loss/training</c>, <c>loss/validation</c>, <c>validation/NAME</c> and <c>training/NAME</c> of each metric, <c>rate/GROUP</c>
    /// of each parameter group, <c>gradient_norm</c>, <c>rows_per_second</c>. Per sampled step: <c>step/loss</c>, <c>step/rate/GROUP</c>, <c>step/gradient_norm</c>.
    /// Values that were not measured (NaN) are left out; TensorBoard stores single precision.
    /// </remarks>
    /// <param name="history">The history.</param>
    /// <param name="folder">The run's folder, made if need be.</param>
    /// <param name="start">When the run started; by default so long ago as the run took.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static string WriteTensorBoard(this TrainingHistory history, string folder, DateTimeOffset? start = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        double seconds = history.Epochs.IsEmpty ? 0 : history.Epochs[^1].Seconds;
        DateTimeOffset began = start ?? TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(seconds);
        double startTime = (began - DateTimeOffset.UnixEpoch).TotalSeconds;

        Directory.CreateDirectory(folder);
        // TensorBoard orders a run's files by name; the part after the time only keeps the names apart.
        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{(long)startTime:D10}.{Guid.NewGuid():N}"));
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        var events = new TensorBoardEvents(file);
        events.WriteVersion(startTime);
        WriteSteps(events, history, startTime, seconds);
        WriteEpochs(events, history, startTime);
        return path;
    }

    private static void WriteEpochs(TensorBoardEvents events, TrainingHistory history, double startTime)
    {
        foreach (EpochRecord epoch in history.Epochs)
        {
            void Write(string tag, double value) => events.WriteScalar(startTime + epoch.Seconds, epoch.Steps, tag, value);
            Write("loss/training", epoch.TrainingLoss);
            Write("loss/validation", epoch.ValidationLoss);
            foreach ((string name, double value) in epoch.ValidationMetrics) Write($"validation/{name}", value);
            foreach ((string name, double value) in epoch.TrainingMetrics) Write($"training/{name}", value);
            for (int group = 0; group < epoch.LearningRates.Length; group++) Write($"rate/{history.Groups[group]}", epoch.LearningRates[group]);
            Write("gradient_norm", epoch.GradientNorm);
            Write("rows_per_second", epoch.RowsPerSecond);
        }
    }

    private static void WriteSteps(TensorBoardEvents events, TrainingHistory history, double startTime, double seconds)
    {
        // The steps have no time of their own: it is taken as even over the run.
        double perStep = history.Epochs.IsEmpty ? 0 : seconds / Math.Max(1, history.Epochs[^1].Steps);
        foreach (StepRecord step in history.Samples)
        {
            void Write(string tag, double value) => events.WriteScalar(startTime + step.Step * perStep, step.Step, tag, value);
            Write("step/loss", step.Loss);
            for (int group = 0; group < step.LearningRates.Length; group++) Write($"step/rate/{history.Groups[group]}", step.LearningRates[group]);
            Write("step/gradient_norm", step.GradientNorm);
        }
    }
}

/// <summary>Records of an event file: length, its check, an event in protocol-buffer form, its check.</summary>
internal sealed class TensorBoardEvents(Stream stream)
{
    /// <summary>The first record of every event file.</summary>
    public void WriteVersion(double time)
    {
        using var body = new MemoryStream();
        WriteDouble(body, field: 1, time);
        WriteBytes(body, field: 3, "brain.Event:2"u8);
        WriteRecord(body);
    }

    /// <summary>One value of one curve; NaN is not written.</summary>
    public void WriteScalar(double time, long step, string tag, double value)
    {
        if (double.IsNaN(value)) return;
        using MemoryStream point = new(), summary = new(), body = new();
        WriteBytes(point, field: 1, Encoding.UTF8.GetBytes(tag));
        WriteFloat(point, field: 2, (float)value);
        WriteBytes(summary, field: 1, point.GetBuffer().AsSpan(0, (int)point.Length));
        WriteDouble(body, field: 1, time);
        WriteInteger(body, field: 2, step);
        WriteBytes(body, field: 5, summary.GetBuffer().AsSpan(0, (int)summary.Length));
        WriteRecord(body);
    }

    private void WriteRecord(MemoryStream body)
    {
        Span<byte> length = stackalloc byte[sizeof(long)], check = stackalloc byte[sizeof(uint)];
        ReadOnlySpan<byte> bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        stream.Write(length);
        BinaryPrimitives.WriteUInt32LittleEndian(check, Check(length));
        stream.Write(check);
        stream.Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(check, Check(bytes));
        stream.Write(check);
    }

    // CRC-32C, rotated and shifted by a constant, so that a check of data that holds checks is not weak.
    private static uint Check(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8u;
    }

    private static void WriteDouble(Stream body, int field, double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        body.WriteByte((byte)(field << 3 | 1));
        body.Write(bytes);
    }

    private static void WriteFloat(Stream body, int field, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        body.WriteByte((byte)(field << 3 | 5));
        body.Write(bytes);
    }

    private static void WriteInteger(Stream body, int field, long value)
    {
        body.WriteByte((byte)(field << 3));
        WriteVariable(body, (ulong)value);
    }

    private static void WriteBytes(Stream body, int field, ReadOnlySpan<byte> bytes)
    {
        body.WriteByte((byte)(field << 3 | 2));
        WriteVariable(body, (ulong)bytes.Length);
        body.Write(bytes);
    }

    private static void WriteVariable(Stream body, ulong value)
    {
        for (; value >= 0x80; value >>= 7) body.WriteByte((byte)(value | 0x80));
        body.WriteByte((byte)value);
    }
}
