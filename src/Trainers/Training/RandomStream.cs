namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// A stream of random numbers that is a pure function of a seed and a purpose (and, where it is drawn anew, a number such as the
/// epoch). Nothing has to be saved to resume: a stream is made again from the same three. SplitMix64 (Steele, Lea, Flood 2014).
/// </summary>
internal struct RandomStream
{
    private ulong state;

    public RandomStream(ulong seed, Purpose purpose, long number = 0)
    {
        state = seed;
        state = NextBits() ^ (ulong)purpose;
        state = NextBits() ^ (ulong)number;
        NextBits();
    }

    /// <summary>What a stream is for: streams of different purposes are independent.</summary>
    public enum Purpose
    {
        Weights = 1,
        RowOrder = 2,
        ValidationSplit = 3,
        Member = 5,
        Front = 6,
    }

    public ulong NextBits()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform on [0, 1), with 53 random bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform on [low, high).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Standard normal, by the Box-Muller transform.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Uniform on 0 .. bound - 1 (multiply-shift; the bias is below 2^-32).</summary>
    public int NextInt(int bound) => (int)Math.BigMul(NextBits(), (ulong)bound, out _);

    /// <summary>A random order, by Fisher and Yates.</summary>
    public void Shuffle(Span<int> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
