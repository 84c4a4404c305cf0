using System.Globalization;
using System.Reflection;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Reads the one-line text:
/// <code>
/// optimizer = name [ "(" [ argument { "," argument } ] ")" ]
/// argument  = [ name "=" ] value            only the first may be unnamed: the learning rate
/// value     = number | word | number "*" schedule | name "(" arguments ")"
/// </code>
/// </summary>
internal sealed class OptimizerParser(string text)
{
    private const int MaximumLength = 10_000;
    private int at;

    public Optimizer Parse()
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaximumLength) throw Error(0, $"is longer than {MaximumLength} characters");
        Blanks();
        int start = at;
        string name = Word() ?? throw Error(at, "needs an optimizer such as adamw(lr=1e-3)");
        Optimizer optimizer = OptimizerSchema.Prototype(name)
            ?? throw Error(start, $"has the unknown optimizer '{name}' (known: {string.Join(", ", OptimizerSchema.Names)})");
        foreach ((string argument, string value, int place, int valuePlace) in Arguments())
        {
            PropertyInfo property = OptimizerSchema.Parameter(optimizer.GetType(), argument.Length == 0 ? nameof(Optimizer.LearningRate) : argument)
                ?? throw Error(place, $"gives {name} the unknown argument '{argument}' (known: {string.Join(", ", OptimizerSchema.Parameters(optimizer.GetType()).Select(OptimizerSchema.Brief))})");
            optimizer = Set(optimizer, property, Value(property.PropertyType, value, valuePlace), valuePlace);
        }
        Blanks();
        return at == text.Length ? optimizer : throw Error(at, $"has an unexpected '{text[at]}'");
    }

    /// <summary>Reads an average on its own.</summary>
    public static WeightAveraging AveragingOf(string text) => new OptimizerParser(text).Averaging(text, 0);

    /// <summary>The arguments in brackets, each with its raw value and the places of both.</summary>
    private List<(string Name, string Value, int At, int ValueAt)> Arguments()
    {
        List<(string Name, string Value, int At, int ValueAt)> arguments = [];
        if (!Take('(')) return arguments;
        if (Take(')')) return arguments;
        do
        {
            Blanks();
            int start = at;
            string? name = Word();
            if (name is not null && Take('=')) Blanks();
            else
            {
                if (arguments.Count > 0) throw Error(start, "needs name=value: only the first argument may be unnamed");
                (at, name) = (start, "");
            }
            int valueAt = at;
            string value = RawValue();
            if (arguments.Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) throw Error(start, $"gives the argument '{name}' twice");
            arguments.Add((name, value, start, valueAt));
        }
        while (Take(','));
        if (!Take(')')) throw Error(at, at < text.Length ? $"has '{text[at]}' where ')' is needed" : "ends where ')' is needed");
        return arguments;
    }

    /// <summary>Everything up to the comma or bracket that ends this argument.</summary>
    private string RawValue()
    {
        int start = at, depth = 0;
        for (; at < text.Length; at++)
        {
            if (text[at] is '(' or '[') depth++;
            else if (depth > 0 && text[at] is ')' or ']') depth--;
            else if (depth == 0 && text[at] is ',' or ')') break;
        }
        string value = text[start..at].TrimEnd();
        return value.Length > 0 ? value : throw Error(start, at == text.Length ? "ends where a value is needed" : "needs a value");
    }

    private object? Value(Type type, string value, int place)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return value == "none" ? null : Value(inner, value, place);
        if (type == typeof(double)) return Number(value, place);
        if (type == typeof(bool)) return value switch { "true" => true, "false" => false, _ => throw Error(place, $"needs true or false but has '{value}'") };
        if (type == typeof(int)) return Whole(value, place) is var whole && whole is >= int.MinValue and <= int.MaxValue ? (int)whole : throw Error(place, $"needs a smaller number than '{value}'");
        if (type == typeof(ScheduledValue)) return Scheduled(value, place);
        if (type == typeof(WeightAveraging)) return value == "none" ? null : Averaging(value, place);
        foreach (object word in Enum.GetValues(type))
            if (OptimizerSchema.Camel(word.ToString()!).Equals(value, StringComparison.OrdinalIgnoreCase)) return word;
        throw Error(place, $"needs one of {string.Join(", ", Enum.GetNames(type).Select(OptimizerSchema.Camel))} but has '{value}'");
    }

    private double Number(string value, int place) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw Error(place, $"needs a number but has '{value}'");

    private long Whole(string value, int place) =>
        Number(value, place) is var number && number == Math.Floor(number) && Math.Abs(number) < 1e15 ? (long)number : throw Error(place, $"needs a whole number but has '{value}'");

    private ScheduledValue Scheduled(string value, int place)
    {
        int star = value.IndexOf('*', StringComparison.Ordinal);
        if (star < 0) return Number(value, place);
        double number = Number(value[..star].Trim(), place);
        try
        {
            return number.Following(LrSchedule.Parse(value[(star + 1)..]));
        }
        catch (FormatException exception)
        {
            throw Error(place + star + 1, $"has a schedule that cannot be read ({exception.Message.Split('\n')[0]})");
        }
    }

    private WeightAveraging Averaging(string value, int place)
    {
        OptimizerParser inner = new(value);
        string? name = inner.Word();
        Dictionary<string, string> given = new(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach ((string argument, string number, _, _) in inner.Arguments()) given.Add(argument, number);
        }
        catch (FormatException exception)
        {
            throw Error(place, $"has an average that cannot be read ({exception.Message.Split('\n')[0]})");
        }
        (string first, string[] known) = name switch
        {
            "ema" => ("decay", (string[])["decay", "warmUp", "start", "every"]),
            "swa" => ("start", ["start", "every"]),
            _ => throw Error(place, $"needs ema(...), swa(...) or none but has '{value}'"),
        };
        if (given.Remove("", out string? unnamed)) given.Add(first, unnamed);
        if (inner.at != value.Length) throw Error(place + inner.at, $"has an unexpected '{value[inner.at]}'");
        if (given.Keys.FirstOrDefault(key => !known.Contains(key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw Error(place, $"gives {name} the unknown argument '{unknown}' (known: {string.Join(", ", known)})");
        try
        {
            long start = given.TryGetValue("start", out string? from) ? Whole(from, place) : 0, every = given.TryGetValue("every", out string? interval) ? Whole(interval, place) : 1;
            if (name == "swa") return WeightAveraging.Stochastic(start, every);
            bool warmUp = !given.TryGetValue("warmUp", out string? flag) || (bool)Value(typeof(bool), flag, place)!;
            return WeightAveraging.Exponential(given.TryGetValue("decay", out string? decay) ? Number(decay, place) : 0.999, warmUp, start, every);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw Error(place, $"has a value out of range: {FirstLine(exception)}");
        }
    }

    private Optimizer Set(Optimizer optimizer, PropertyInfo property, object? value, int place)
    {
        try
        {
            return OptimizerSchema.With(optimizer, property, value);
        }
        catch (ArgumentException exception)
        {
            throw Error(place, $"has a value out of range: {FirstLine(exception)}");
        }
    }

    /// <summary>The message without the parameter's name that the runtime appends.</summary>
    internal static string FirstLine(ArgumentException exception) => exception.Message.Split(" (Parameter ")[0];

    private string? Word()
    {
        int start = at;
        while (at < text.Length && (char.IsAsciiLetter(text[at]) || (at > start && (char.IsAsciiDigit(text[at]) || text[at] == '_')))) at++;
        return at > start ? text[start..at].Replace("_", "", StringComparison.Ordinal) : null;
    }

    private void Blanks()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    private bool Take(char symbol)
    {
        Blanks();
        if (at >= text.Length || text[at] != symbol) return false;
        at++;
        return true;
    }

    private FormatException Error(int place, string what)
    {
        int from = Math.Max(0, place - 60), to = Math.Min(text.Length, place + 40);
        string line = text[from..to].Replace('\n', ' ').Replace('\r', ' ').Replace('\t', ' ');
        return new(string.Create(CultureInfo.InvariantCulture, $"The optimizer text {what} at character {place + 1}:\n{line}\n{new string(' ', place - from)}^"));
    }
}
