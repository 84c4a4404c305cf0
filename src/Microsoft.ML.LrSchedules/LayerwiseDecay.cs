namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Smaller rates for earlier layers: layer i of n (0 is the first, n the head) has the factor <c>max(minimum, decay^(n - i))</c> of the scheduled rate.
/// Sources: Howard and Ruder, ULMFiT, 2018, arXiv:1801.06146; Clark et al., ELECTRA, 2020, arXiv:2003.10555. Elsewhere: timm layer_decay, fastai slice.
/// </summary>
public sealed record LayerwiseDecay
{
    /// <summary>A decay per layer.</summary>
    /// <param name="decay">The factor from a layer to the one before it, in (0, 1].</param>
    /// <param name="minimum">The smallest factor, in [0, 1].</param>
    public LayerwiseDecay(double decay, double minimum = 0)
    {
        Decay = decay is > 0 and <= 1 ? decay : throw Guard.Out(nameof(decay), "above 0 and at most 1", decay, "0.75 is usual for fine-tuning.");
        Minimum = Guard.Between(0, 1, minimum, "It is a factor of the head's rate.");
    }

    /// <summary>The factor from a layer to the one before it.</summary>
    public double Decay { get; }

    /// <summary>The smallest factor.</summary>
    public double Minimum { get; }

    /// <summary>The factor of a layer.</summary>
    /// <param name="layer">0 for the first, <paramref name="lastLayer"/> for the head.</param>
    /// <param name="lastLayer">The head's number.</param>
    public double FactorOf(int layer, int lastLayer)
    {
        if (layer < 0 || layer > lastLayer)
            throw Guard.Out(nameof(layer), $"between 0 and {lastLayer}", layer, "The head has the largest number.");
        return Math.Max(Minimum, Math.Pow(Decay, lastLayer - layer));
    }
}
