namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Random numbers that depend only on a seed, a counter and a stream, not on what was drawn before: trial n draws the
/// same whether it is the first of a process or the hundredth. SplitMix64 (Steele, Lea and Flood, Fast splittable
/// pseudorandom number generators, 2014).
/// </summary>
internal struct CounterRandom(long seed, long counter, string stream = "")
{
    private ulong state = Mix(Mix(Mix((ulong)seed) + (ulong)counter) + Hash(stream));

    public ulong NextBits() => Mix(state += 0x9E3779B97F4A7C15);

    /// <summary>Uniform on [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform on 0 .. <paramref name="bound"/> - 1.</summary>
    public int Next(int bound) => (int)(NextDouble() * bound);

    /// <summary>Standard normal (Box and Muller, 1958).</summary>
    public double NextNormal()
    {
        double u = 1 - NextDouble();
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * NextDouble());
    }

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>FNV-1a, the same in every process.</summary>
    public static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
