namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Points that fill the space evenly: the Halton sequence (1960), each digit permuted by a random permutation that
/// depends on the digits above it (nested scrambling after Owen, Randomly permuted (t,m,s)-nets, 1995), so that every seed
/// gives another even filling and high dimensions do not line up. Trial n depends on the seed and n only.
/// </summary>
internal sealed class QuasiRandomSampler(long seed) : Sampler
{
    public override Proposal Propose(StudyView study, int number, Configuration? given)
    {
        SearchSpace space = study.Space;
        int dimension = 0;
        var coordinates = space.Entries.ToDictionary(entry => entry.Parameter.Name, _ => Coordinate(number, dimension++), StringComparer.Ordinal);
        return new(space.Fill(given, parameter => parameter.FromUnit(coordinates[parameter.Name])), "quasirandom");
    }

    /// <summary>The scrambled radical inverse of <paramref name="index"/> in the base that belongs to <paramref name="dimension"/>.</summary>
    internal double Coordinate(long index, int dimension)
    {
        int prime = Prime(dimension);
        Span<int> permutation = stackalloc int[prime];
        ulong above = CounterRandom.Mix((ulong)seed) + (ulong)dimension;
        double value = 0, place = 1;

        // Leading zeros are permuted too: go on until the digits no longer change a double.
        for (long rest = index; place > 1e-17; rest /= prime)
        {
            int digit = (int)(rest % prime);
            Shuffle(permutation, new CounterRandom((long)above, prime));
            place /= prime;
            value += permutation[digit] * place;
            above = CounterRandom.Mix(above + (ulong)digit + 1);
        }
        return Math.Min(value, 1 - 1e-16);
    }

    private static void Shuffle(Span<int> permutation, CounterRandom random)
    {
        for (int i = 0; i < permutation.Length; i++) permutation[i] = i;
        for (int i = permutation.Length - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (permutation[i], permutation[j]) = (permutation[j], permutation[i]);
        }
    }

    private static int Prime(int index)
    {
        int candidate = 2;
        for (int found = 0; ; candidate++)
        {
            bool isPrime = true;
            for (int divisor = 2; divisor * divisor <= candidate && isPrime; divisor++) isPrime = candidate % divisor != 0;
            if (isPrime && found++ == index) return candidate;
        }
    }
}
