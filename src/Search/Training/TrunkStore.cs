using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Checkpoints of phases that other trials may share: a trial continues from the latest one up to which it agrees with the
/// trial that wrote it on everything, the rate of every step included.
/// </summary>
internal sealed class TrunkStore
{
    private readonly Lock gate = new();
    private readonly List<(string Key, string Rates, int Epoch, string Path)> checkpoints = [];

    /// <summary>Adds a checkpoint after <paramref name="epoch"/> epochs of a trial.</summary>
    public void Add(string key, BoundSchedule schedule, long stepsPerEpoch, int epoch, string path)
    {
        lock (gate) checkpoints.Add((key, Rates(schedule, stepsPerEpoch * epoch), epoch, path));
    }

    /// <summary>The latest checkpoint that a trial can continue from; null for none.</summary>
    public (int Epoch, string Path)? Find(string key, BoundSchedule schedule, long stepsPerEpoch, int latest)
    {
        lock (gate)
        {
            foreach (var candidate in checkpoints.Where(known => known.Key == key && known.Epoch <= latest).OrderByDescending(known => known.Epoch))
                if (candidate.Rates == Rates(schedule, stepsPerEpoch * candidate.Epoch)) return (candidate.Epoch, candidate.Path);
        }
        return null;
    }

    /// <summary>Everything in options that shapes training, except the schedule and the length.</summary>
    public static string Key(object options)
    {
        var text = new StringBuilder(options.GetType().FullName);
        foreach (var property in options.GetType().GetProperties().OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            if (property.Name is "Schedule" or "NumberOfEpochs" or "Progress" or "CancellationToken" or "StopWhen" or "Checkpoints" or "ResumeFrom" or "ResumeMode" or "ResumeWithDecay") continue;
            object? value = property.GetValue(options);
            text.Append('\n').Append(property.Name).Append('=').Append(value is System.Collections.IEnumerable items and not string
                ? string.Join(',', items.Cast<object?>())
                : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    private static string Rates(BoundSchedule schedule, long steps)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[8];
        for (long step = 0; step < steps; step++)
        {
            BitConverter.TryWriteBytes(bytes, schedule.FactorAt(step));
            hash.AppendData(bytes);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
