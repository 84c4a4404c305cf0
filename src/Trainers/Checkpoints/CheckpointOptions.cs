using System.Globalization;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Where, when and how many checkpoints a run writes. A checkpoint holds all that is needed to continue the run bit for bit.</summary>
/// <remarks>If several occasions are set, each of them writes. With none of them set, one checkpoint is written per epoch.</remarks>
public sealed class CheckpointOptions
{
    /// <summary>The folder, made if need be. One run at a time may write to it. Required.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Write after every so many epochs, 1 or more; null for no such occasion.</summary>
    public int? EveryEpochs { get; set; }

    /// <summary>Write after every so many steps, 1 or more; null for no such occasion.</summary>
    public long? EverySteps { get; set; }

    /// <summary>Write after the first step that ends so many minutes after the last checkpoint, above 0; null for no such occasion.</summary>
    public double? EveryMinutes { get; set; }

    /// <summary>How many of the newest checkpoints stay, 1 or more. The default is 2: the newest, and the one before it.</summary>
    public int KeepLast { get; set; } = 2;

    /// <summary>Whether the checkpoint with the lowest validation loss, or the best <see cref="EarlyStopping.Metric"/>, stays too. The default is true.</summary>
    public bool KeepBest { get; set; } = true;

    /// <summary>A checked copy, which later changes of this object do not reach.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal CheckpointOptions Checked()
    {
        if (string.IsNullOrWhiteSpace(Folder)) throw new ArgumentException("Folder must be a folder's path but was empty. Name the folder that the checkpoints go to.", nameof(Folder));
        Require(EveryEpochs is null or >= 1, nameof(EveryEpochs), "1 or more, or null", EveryEpochs, "Use 1 for each epoch.");
        Require(EverySteps is null or >= 1, nameof(EverySteps), "1 or more, or null", EverySteps, "Use 1 for each step.");
        Require(EveryMinutes is null or (> 0 and <= 1e6), nameof(EveryMinutes), "above 0 and at most 1000000, or null", EveryMinutes, "Use 0.5 for half a minute.");
        Require(KeepLast >= 1, nameof(KeepLast), "1 or more", KeepLast, "Use 2 to keep the newest and the one before it.");
        var copy = (CheckpointOptions)MemberwiseClone();
        if ((EveryEpochs, EverySteps, EveryMinutes) is (null, null, null)) copy.EveryEpochs = 1;
        return copy;
    }

    private static void Require(bool condition, string name, string rule, object? value, string advice)
    {
        if (!condition) throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture, $"{name} must be {rule} but was {value}. {advice}"));
    }
}
