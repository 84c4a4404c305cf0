using System.Collections.Immutable;
using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// A space over the settable properties of a plain options class, nested ones too. Each parameter is named after its
/// property path in camel case (<c>o => o.Schedule.DecayFraction</c> is <c>schedule.decayFraction</c>). What is not a
/// property can be a named parameter that <see cref="Apply"/> turns into options. Immutable: every call gives a new space.
/// </summary>
/// <typeparam name="TOptions">The options class.</typeparam>
public sealed class SearchSpace<TOptions> where TOptions : class
{
    private readonly Func<TOptions> create;
    private readonly ImmutableArray<Binding> bindings;
    private readonly ImmutableArray<Action<TOptions, Configuration>> applications;

    internal SearchSpace(Func<TOptions> create) : this(create, SearchSpace.Empty, [], []) => ArgumentNullException.ThrowIfNull(create);

    private SearchSpace(Func<TOptions> create, SearchSpace parameters, ImmutableArray<Binding> bindings, ImmutableArray<Action<TOptions, Configuration>> applications) =>
        (this.create, Parameters, this.bindings, this.applications) = (create, parameters, bindings, applications);

    /// <summary>The parameters by name, without the options class.</summary>
    public SearchSpace Parameters { get; }

    /// <summary>Varies a number in [<paramref name="minimum"/>, <paramref name="maximum"/>], uniform.</summary>
    public SearchSpace<TOptions> Float<TValue>(Expression<Func<TOptions, TValue>> property, double minimum, double maximum) =>
        Number(property, name => Parameters.Float(name, minimum, maximum));

    /// <summary>Varies a number in [<paramref name="minimum"/>, <paramref name="maximum"/>], uniform on a logarithmic scale.</summary>
    public SearchSpace<TOptions> LogFloat<TValue>(Expression<Func<TOptions, TValue>> property, double minimum, double maximum) =>
        Number(property, name => Parameters.LogFloat(name, minimum, maximum));

    /// <summary>Varies a whole number in [<paramref name="minimum"/>, <paramref name="maximum"/>], in steps, uniform.</summary>
    public SearchSpace<TOptions> Int<TValue>(Expression<Func<TOptions, TValue>> property, int minimum, int maximum, int step = 1) =>
        Number(property, name => Parameters.Int(name, minimum, maximum, step));

    /// <summary>Varies a whole number in [<paramref name="minimum"/>, <paramref name="maximum"/>], uniform on a logarithmic scale.</summary>
    public SearchSpace<TOptions> LogInt<TValue>(Expression<Func<TOptions, TValue>> property, int minimum, int maximum) =>
        Number(property, name => Parameters.LogInt(name, minimum, maximum));

    /// <summary>Varies a property between values; the labels are their texts.</summary>
    public SearchSpace<TOptions> Choice<TValue>(Expression<Func<TOptions, TValue>> property, params TValue[] values) =>
        Choice(property, [.. values.Select(value => (LabelOf(value), value))]);

    /// <summary>Varies a property between labelled values.</summary>
    public SearchSpace<TOptions> Choice<TValue>(Expression<Func<TOptions, TValue>> property, params (string Label, TValue Value)[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        PropertyPath path = PropertyPath.Of(property);
        return With(
            Parameters.Choice(path.Name, values.Select(value => value.Label)),
            new Binding(path.Name, path, (_, index) => values[(int)index].Value, value => Array.FindIndex(values, known => Equals(known.Value, value)) is >= 0 and int index ? index : null));
    }

    /// <summary>Adds named parameters that are no properties; <see cref="Apply"/> says what they mean.</summary>
    public SearchSpace<TOptions> Named(Func<SearchSpace, SearchSpace> add)
    {
        ArgumentNullException.ThrowIfNull(add);
        return With(add(Parameters), null);
    }

    /// <summary>Runs <paramref name="apply"/> on every options object after its properties are set.</summary>
    public SearchSpace<TOptions> Apply(Action<TOptions, Configuration> apply)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return new(create, Parameters, bindings, applications.Add(apply));
    }

    /// <summary>Varies more properties while the choice <paramref name="property"/> is <paramref name="value"/>.</summary>
    /// <exception cref="ArgumentException">The property is not an earlier choice, or the value is not one of its values.</exception>
    public SearchSpace<TOptions> When<TValue>(Expression<Func<TOptions, TValue>> property, TValue value, Func<SearchSpace<TOptions>, SearchSpace<TOptions>> then)
    {
        PropertyPath path = PropertyPath.Of(property);
        Binding? binding = bindings.FirstOrDefault(known => known.Name == path.Name);
        if (binding?.Read(value) is not { } index || Parameters[path.Name] is not ChoiceParameter choice)
            throw new ArgumentException(Require.Message(path.Name, "an earlier choice that has the value", value, "Add the choice before what depends on it."), nameof(value));
        return When(path.Name, [choice.Labels[(int)index]], then);
    }

    /// <summary>Varies more properties while the choice named <paramref name="parent"/> has one of the <paramref name="labels"/>.</summary>
    public SearchSpace<TOptions> When(string parent, IEnumerable<string> labels, Func<SearchSpace<TOptions>, SearchSpace<TOptions>> then)
    {
        ArgumentNullException.ThrowIfNull(then);
        SearchSpace<TOptions>? added = null;
        SearchSpace parameters = Parameters.When(parent, labels, inner => (added = then(new(create, inner, bindings, applications))).Parameters);
        return new(create, parameters, added!.bindings, added.applications);
    }

    /// <summary>Adds a configuration to try first, in text form: <c>name=value; name=value</c>. What it leaves out is sampled.</summary>
    public SearchSpace<TOptions> Start(string configuration) => With(Parameters.Start(configuration), null);

    /// <summary>Adds the property values of <paramref name="options"/> as a configuration to try first. Values outside of the space and named parameters are sampled.</summary>
    public SearchSpace<TOptions> Start(TOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (SpaceEntry entry in Parameters.Entries)
            if (SearchSpace.IsActive(entry, values)
                && bindings.FirstOrDefault(known => known.Name == entry.Parameter.Name) is { } binding
                && binding.Read(binding.Path.Get(options)) is { } value && entry.Parameter.Contains(value))
                values[entry.Parameter.Name] = value;
        return With(Parameters.Start(new Configuration(Parameters, values)), null);
    }

    /// <summary>New options with the values of <paramref name="configuration"/>.</summary>
    public TOptions Create(Configuration configuration)
    {
        Parameters.Check(configuration);
        TOptions options = create();
        foreach (Binding binding in bindings)
            if (configuration.TryGetValue(binding.Name, out double value))
                binding.Path.Set(options, binding.Write(binding.Path.Type, value));
        foreach (Action<TOptions, Configuration> apply in applications)
            apply(options, configuration);
        return options;
    }

    private SearchSpace<TOptions> Number(LambdaExpression property, Func<string, SearchSpace> add)
    {
        PropertyPath path = PropertyPath.Of(property);
        if (Type.GetTypeCode(Nullable.GetUnderlyingType(path.Type) ?? path.Type) is < TypeCode.SByte or > TypeCode.Decimal)
            throw new ArgumentException(Require.Message(path.Name, "a number", path.Type.Name, "Use Choice for other types."), nameof(property));
        return With(add(path.Name), new Binding(path.Name, path,
            (type, value) => Convert.ChangeType(value, Nullable.GetUnderlyingType(type) ?? type, CultureInfo.InvariantCulture),
            value => value is null ? null : Convert.ToDouble(value, CultureInfo.InvariantCulture)));
    }

    private SearchSpace<TOptions> With(SearchSpace parameters, Binding? binding) =>
        new(create, parameters, binding is null ? bindings : bindings.Add(binding), applications);

    private static string LabelOf<TValue>(TValue value) =>
        Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "none";

    /// <summary>How a parameter and a property are translated into each other.</summary>
    private sealed record Binding(string Name, PropertyPath Path, Func<Type, double, object?> Write, Func<object?, double?> Read);

    /// <summary>A chain of properties, the last one settable.</summary>
    private sealed record PropertyPath(string Name, ImmutableArray<PropertyInfo> Properties)
    {
        public Type Type => Properties[^1].PropertyType;

        public object? Get(object options) => Properties.Aggregate((object?)options, (target, property) => target is null ? null : property.GetValue(target));

        public void Set(object options, object? value)
        {
            object target = options;
            foreach (PropertyInfo property in Properties[..^1])
                target = property.GetValue(target) ?? throw new InvalidOperationException($"{Name} must be reachable but {property.Name} was null. Let the options' constructor create it.");
            Properties[^1].SetValue(target, value);
        }

        public static PropertyPath Of(LambdaExpression property)
        {
            ArgumentNullException.ThrowIfNull(property);
            var properties = new List<PropertyInfo>();
            Expression? at = property.Body is UnaryExpression { NodeType: ExpressionType.Convert } conversion ? conversion.Operand : property.Body;
            for (; at is MemberExpression { Member: PropertyInfo info } member; at = member.Expression)
                properties.Insert(0, info);
            if (at is not ParameterExpression || properties.Count == 0 || !properties[^1].CanWrite)
                throw new ArgumentException(Require.Message(nameof(property), "a settable property of the options, such as o => o.BatchSize", property, "Use Named and Apply for anything else."), nameof(property));
            return new(string.Join('.', properties.Select(info => char.ToLowerInvariant(info.Name[0]) + info.Name[1..])), [.. properties]);
        }
    }
}
