using System.Collections.Immutable;

namespace Microsoft.ML.TrainerSearch;

/// <summary>A parameter and what must hold for it to exist.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Conditions">It exists only if all of these hold; empty for one that always exists.</param>
public sealed record SpaceEntry(SearchParameter Parameter, ImmutableArray<SpaceCondition> Conditions)
{
    internal string Describe() => Conditions.IsEmpty
        ? $"{Parameter.Name}: {Parameter.Describe()}"
        : $"{Parameter.Name}: {Parameter.Describe()} when {string.Join(" and ", Conditions.Select(condition => condition.Describe()))}";
}

/// <summary>A condition on an earlier choice.</summary>
/// <param name="Parent">The choice.</param>
/// <param name="Labels">Its labels for which the condition holds.</param>
public sealed record SpaceCondition(ChoiceParameter Parent, ImmutableArray<string> Labels)
{
    private readonly ImmutableArray<bool> holds = [.. Parent.Labels.Select(Labels.Contains)];

    internal bool HoldsFor(double parentValue) => holds[(int)parentValue];

    internal string Describe() => $"{Parent.Name} is {string.Join(" or ", Labels)}";
}

/// <summary>
/// What a search may vary: parameters by name, some of them only under a condition, and the known-good configurations
/// to try before anything else. Immutable: every call gives a new space.
/// </summary>
/// <example><code>
/// var space = SearchSpace.Empty
///     .LogFloat("rate", 1e-5, 1)
///     .Choice("schedule", "constant", "cosine", "wsd")
///     .When("schedule", "wsd", then => then.Float("decayFraction", 0.05, 0.6))
///     .Start("rate=0.001; schedule=cosine");
/// </code></example>
public sealed class SearchSpace
{
    private readonly ImmutableArray<SpaceCondition> scope;
    private readonly ImmutableDictionary<string, int> indices;

    private SearchSpace(ImmutableArray<SpaceEntry> entries, ImmutableArray<Configuration> starts, ImmutableArray<SpaceCondition> scope)
    {
        (Entries, Starts, this.scope) = (entries, starts, scope);
        indices = entries.Select((entry, index) => KeyValuePair.Create(entry.Parameter.Name, index)).ToImmutableDictionary(StringComparer.Ordinal);
    }

    /// <summary>The space without a parameter: begin here.</summary>
    public static SearchSpace Empty { get; } = new([], [], []);

    /// <summary>The parameters, in the order in which they were given: a condition looks at earlier ones only.</summary>
    public ImmutableArray<SpaceEntry> Entries { get; }

    /// <summary>The configurations to try first. What they leave out is sampled.</summary>
    public ImmutableArray<Configuration> Starts { get; }

    /// <summary>Begins a space over the settable properties of a plain class with a parameterless constructor.</summary>
    public static SearchSpace<TOptions> For<TOptions>() where TOptions : class, new() => new(() => new TOptions());

    /// <summary>Begins a space over the settable properties of a plain class; what is not varied keeps the value that <paramref name="create"/> gives it.</summary>
    public static SearchSpace<TOptions> For<TOptions>(Func<TOptions> create) where TOptions : class => new(create);

    /// <summary>Adds a number in [<paramref name="minimum"/>, <paramref name="maximum"/>], uniform.</summary>
    public SearchSpace Float(string name, double minimum, double maximum) => Add(new FloatParameter(name, minimum, maximum));

    /// <summary>Adds a number in [<paramref name="minimum"/>, <paramref name="maximum"/>], uniform on a logarithmic scale.</summary>
    public SearchSpace LogFloat(string name, double minimum, double maximum) => Add(new FloatParameter(name, minimum, maximum, logarithmic: true));

    /// <summary>Adds a whole number in [<paramref name="minimum"/>, <paramref name="maximum"/>], in steps, uniform.</summary>
    public SearchSpace Int(string name, int minimum, int maximum, int step = 1) => Add(new IntParameter(name, minimum, maximum, step));

    /// <summary>Adds a whole number in [<paramref name="minimum"/>, <paramref name="maximum"/>], uniform on a logarithmic scale.</summary>
    public SearchSpace LogInt(string name, int minimum, int maximum) => Add(new IntParameter(name, minimum, maximum, logarithmic: true));

    /// <summary>Adds a choice between labels.</summary>
    public SearchSpace Choice(string name, params IEnumerable<string> labels) => Add(new ChoiceParameter(name, labels));

    /// <summary>Adds parameters that exist only while the choice <paramref name="parent"/> has the label <paramref name="label"/>. Conditions may be nested.</summary>
    public SearchSpace When(string parent, string label, Func<SearchSpace, SearchSpace> then) => When(parent, [label], then);

    /// <summary>Adds parameters that exist only while the choice <paramref name="parent"/> has one of the <paramref name="labels"/>. Conditions may be nested.</summary>
    /// <exception cref="ArgumentException">There is no such choice or label.</exception>
    public SearchSpace When(string parent, IEnumerable<string> labels, Func<SearchSpace, SearchSpace> then)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(then);
        if (!indices.TryGetValue(parent, out int index) || Entries[index].Parameter is not ChoiceParameter choice)
            throw new ArgumentException(Require.Message(nameof(parent), "the name of an earlier choice", $"'{parent}'", "Add the choice before what depends on it."), nameof(parent));
        ImmutableArray<string> values = [.. labels];
        Require.That(values.Length > 0, nameof(labels), "at least one label", 0, "Name the labels for which the parameters exist.");
        foreach (string label in values) choice.IndexOf(label);

        // A parameter below a conditional choice exists only where the choice itself does.
        ImmutableArray<SpaceCondition> inner = [.. scope.Union(Entries[index].Conditions), new SpaceCondition(choice, values)];
        SearchSpace added = then(new SearchSpace(Entries, Starts, inner));
        return new SearchSpace(added.Entries, added.Starts, scope);
    }

    /// <summary>Adds a configuration to try first, in text form: <c>name=value; name=value</c>. What it leaves out is sampled.</summary>
    /// <exception cref="FormatException">A name or value is not one of this space.</exception>
    public SearchSpace Start(string configuration) => Start(Configuration.Parse(configuration, this));

    /// <summary>Adds a configuration to try first. What it leaves out is sampled.</summary>
    public SearchSpace Start(Configuration configuration)
    {
        Check(configuration);
        return new SearchSpace(Entries, Starts.Add(configuration), scope);
    }

    /// <summary>The parameter of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public SearchParameter this[string name] => indices.TryGetValue(name, out int index)
        ? Entries[index].Parameter
        : throw new KeyNotFoundException($"The space has no parameter '{name}'. It has: {string.Join(", ", Entries.Select(entry => entry.Parameter.Name))}.");

    /// <summary>The definition, one parameter per line: a stored study is continued only by a space that says the same.</summary>
    public override string ToString() => string.Join("\n", Entries.Select(entry => entry.Describe()));

    internal bool Has(string name) => indices.ContainsKey(name);

    /// <summary>True if the parameter exists in <paramref name="configuration"/>, whose earlier parameters are set.</summary>
    internal static bool IsActive(SpaceEntry entry, IReadOnlyDictionary<string, double> configuration)
    {
        foreach (SpaceCondition condition in entry.Conditions)
            if (!configuration.TryGetValue(condition.Parent.Name, out double value) || !condition.HoldsFor(value))
                return false;
        return true;
    }

    /// <summary>Sets every active parameter in order: the fixed ones as they are, the others by <paramref name="choose"/>.</summary>
    internal Configuration Fill(Configuration? given, Func<SearchParameter, double> choose)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (SpaceEntry entry in Entries)
            if (IsActive(entry, values))
                values[entry.Parameter.Name] = given is not null && given.TryGetValue(entry.Parameter.Name, out double value) ? value : choose(entry.Parameter);
        return new Configuration(this, values);
    }

    /// <summary>Refuses values that are not of this space.</summary>
    internal void Check(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        foreach ((string name, double value) in configuration)
            if (!indices.TryGetValue(name, out int index) || !Entries[index].Parameter.Contains(value))
                throw new ArgumentException(Require.Message(name, indices.ContainsKey(name) ? this[name].Describe() : "a parameter of the space", value, "Use a configuration of this space."), nameof(configuration));
    }

    private SearchSpace Add(SearchParameter parameter) => indices.ContainsKey(parameter.Name)
        ? throw new ArgumentException(Require.Message("name", "unique within a space", $"'{parameter.Name}'", "Give each parameter its own name; one parameter may exist under several labels at once."))
        : new SearchSpace(Entries.Add(new SpaceEntry(parameter, scope)), Starts, scope);
}
