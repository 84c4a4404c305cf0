using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>What text and JSON know of optimizers: their names, and the names, types and defaults of their hyper-parameters.</summary>
internal static class OptimizerSchema
{
    private static readonly FrozenDictionary<string, string> ShortNames = new Dictionary<string, string>
    {
        [nameof(Optimizer.LearningRate)] = "lr",
        [nameof(Optimizer.WeightDecay)] = "wd",
        ["Epsilon"] = "eps",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The value of each optimizer with its defaults, by the name of its factory in lower case.</summary>
    private static readonly FrozenDictionary<string, Optimizer> Prototypes = typeof(Optimizers)
        .GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .ToFrozenDictionary(method => method.Name.ToLowerInvariant(), Default, StringComparer.OrdinalIgnoreCase);

    /// <summary>The names of all optimizers, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Prototypes.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The optimizer of that name with its defaults, or null.</summary>
    public static Optimizer? Prototype(string name) => Prototypes.GetValueOrDefault(name);

    /// <summary>The name of an optimizer's kind.</summary>
    public static string NameOf(Optimizer optimizer) => optimizer.GetType().Name.ToLowerInvariant();

    /// <summary>The hyper-parameters of an optimizer, the learning rate first, then its own, then those of all.</summary>
    public static IReadOnlyList<PropertyInfo> Parameters(Type optimizer) =>
    [
        .. optimizer.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .OrderBy(property => property.Name switch { nameof(Optimizer.LearningRate) => 0, nameof(Optimizer.WeightDecay) => 1, _ => property.DeclaringType == optimizer ? 2 : 3 }),
    ];

    /// <summary>The hyper-parameter of that name, long or short, or null.</summary>
    public static PropertyInfo? Parameter(Type optimizer, string name) => Parameters(optimizer)
        .FirstOrDefault(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            || (ShortNames.TryGetValue(property.Name, out string? brief) && brief.Equals(name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The short name of a hyper-parameter, as text has it.</summary>
    public static string Brief(PropertyInfo property) => ShortNames.TryGetValue(property.Name, out string? brief) ? brief : Camel(property.Name);

    /// <summary>lowerCamelCase.</summary>
    public static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    /// <summary>A copy with one hyper-parameter changed.</summary>
    public static Optimizer With(Optimizer optimizer, PropertyInfo property, object? value)
    {
        Optimizer copy = optimizer with { };
        property.SetValue(copy, value, BindingFlags.DoNotWrapExceptions, null, null, CultureInfo.InvariantCulture);
        return copy;
    }

    /// <summary>The learning rate, and every hyper-parameter that is not at its default.</summary>
    public static IEnumerable<(PropertyInfo Property, object? Value)> Told(Optimizer optimizer)
    {
        Optimizer standard = Prototypes[NameOf(optimizer)];
        foreach (PropertyInfo property in Parameters(optimizer.GetType()))
        {
            object? value = property.GetValue(optimizer);
            if (property.Name == nameof(Optimizer.LearningRate) || !Equals(value, property.GetValue(standard))) yield return (property, value);
        }
    }

    /// <summary>The one-line text.</summary>
    public static string Text(Optimizer optimizer) =>
        $"{NameOf(optimizer)}({string.Join(", ", Told(optimizer).Select(told => $"{Brief(told.Property)}={ValueText(told.Value)}"))})";

    /// <summary>A value of a hyper-parameter.</summary>
    public static string ValueText(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Enum word => Camel(word.ToString()),
        ExponentialAveraging ema => string.Create(CultureInfo.InvariantCulture,
            $"ema(decay={ema.Decay:R}, warmUp={(ema.WarmUp ? "true" : "false")}, start={ema.Start}, every={ema.Every})"),
        StochasticAveraging swa => string.Create(CultureInfo.InvariantCulture, $"swa(start={swa.Start}, every={swa.Every})"),
        ScheduledValue scheduled => scheduled.ToString(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>A factory called with the defaults of its arguments.</summary>
    private static Optimizer Default(MethodInfo factory) =>
        (Optimizer)factory.Invoke(null, [.. factory.GetParameters().Select(parameter => parameter.DefaultValue)])!;
}
