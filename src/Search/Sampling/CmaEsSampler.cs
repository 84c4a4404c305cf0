namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Covariance matrix adaptation evolution strategy with negative weights, on the unit scale, for spaces whose parameters
/// always exist and are numbers. Hansen, The CMA evolution strategy: a tutorial, 2016 (arXiv 1604.00772); a whole
/// number keeps a chance to move by one step, the idea of Hamano, Saito, Nomura and Shirakawa, CMA-ES with margin, 2022.
/// </summary>
/// <remarks>
/// The state is computed anew from the stored trials each time: <c>cma g</c> in a trial's origin says the generation that
/// drew it. A generation ends when enough of its trials have ended; late ones are ignored.
/// </remarks>
internal sealed class CmaEsSampler(long seed, double step, int? population) : Sampler
{
    private readonly RandomSampler first = new(seed);

    public override Proposal? Propose(StudyView study, int number, Configuration? given)
    {
        SearchSpace space = study.Space;
        foreach (SpaceEntry entry in space.Entries)
            if (entry.Parameter is ChoiceParameter || !entry.Conditions.IsEmpty)
                throw new NotSupportedException($"The space of CMA-ES must have numbers only, without conditions, but has '{entry.Describe()}'. Use Samplers.Tpe.");
        if (given is not null) return first.Propose(study, number, given);

        CmaEsState state = Replay(study);
        double[] least = [.. space.Entries.Select((entry, i) => LeastDeviation(entry.Parameter, state.Middle(i)))];
        double[] point = state.Draw(new CounterRandom(seed, number, "cma"), least);
        int p = 0;
        return new(space.Fill(null, parameter => parameter.FromUnit(point[p++])), $"cma {state.Generation}");
    }

    /// <summary>For a whole number a third of its interval on the unit scale, so that every seventh draw leaves it; else 0.</summary>
    private static double LeastDeviation(SearchParameter parameter, double middle)
    {
        if (parameter is not IntParameter whole) return 0;
        double value = whole.FromUnit(middle);
        return (whole.ToUnit(value + 0.5 * whole.Step) - whole.ToUnit(value - 0.5 * whole.Step)) / 3;
    }

    private CmaEsState Replay(StudyView study)
    {
        var state = new CmaEsState(study.Space.Entries.Length, step, population);
        ILookup<string, TrialRecord> byOrigin = study.Trials
            .Where(trial => trial.State is TrialState.Complete or TrialState.Pruned or TrialState.Failed)
            .ToLookup(trial => trial.Origin);
        while (byOrigin[$"cma {state.Generation}"].Take(state.Population).ToArray() is var members && members.Length == state.Population)
            state.Update([.. members
                .Select(trial => (Loss: study.Loss(trial.Value ?? trial.ValueAt(trial.LastStep) ?? double.NaN), Trial: trial))
                .OrderBy(member => member.Loss).ThenBy(member => member.Trial.Number)
                .Select(member => ParzenMixture.Coordinates(study.Space, member.Trial.Configuration))]);
        return state;
    }
}
