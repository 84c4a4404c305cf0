namespace Microsoft.ML.TrainerSearch;

/// <summary>Independent uniform values: trial n depends on the seed and n only.</summary>
internal sealed class RandomSampler(long seed) : Sampler
{
    public override Proposal Propose(StudyView study, int number, Configuration? given) =>
        new(study.Space.Fill(given, parameter => parameter.FromUnit(new CounterRandom(seed, number, parameter.Name).NextDouble())), "random");
}
