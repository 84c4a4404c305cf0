namespace Microsoft.ML.LrSchedules.Text;

/// <summary>A call's arguments, read by name and type. Whatever is left over at the end is an error.</summary>
internal sealed class Arguments
{
    private readonly CallNode _call;
    private readonly Func<int, string, FormatException> _error;
    private readonly List<Argument> _left;
    private readonly HashSet<string> _known = [];

    internal Arguments(CallNode call, string? first, Func<int, string, FormatException> error)
    {
        _call = call;
        _error = error;
        _left = [.. call.Arguments.Select(argument => argument.Name.Length > 0 ? argument : first is null
            ? throw error(argument.At, $"gives {call.Word} an argument but it takes none unnamed")
            : argument with { Name = first })];
        foreach (IGrouping<string, Argument> group in _left.GroupBy(argument => argument.Name))
        {
            if (group.Count() > 1)
                throw error(group.Last().At, $"gives {call.Word} the argument {group.Key} twice");
        }
    }

    internal FormatException Error(string what) => _error(_call.At, what);

    /// <summary>Fails if an argument was never asked for.</summary>
    internal void Finish()
    {
        if (_left.Count > 0)
            throw _error(_left[0].At, $"gives {_call.Word} the unknown argument {_left[0].Name} (known: {(_known.Count == 0 ? "none" : string.Join(", ", _known))})");
    }

    internal bool Has(string name) => _left.Any(argument => argument.Name == name);

    internal double Number(string name, double? standard = null) =>
        Take(name, standard is not null) is { } node ? Number(name, node) : standard!.Value;

    internal int Int(string name, int? standard = null) => OptionalInt(name) ?? standard ?? throw Missing(name);

    internal int? OptionalInt(string name)
    {
        if (Take(name, optional: true) is not { } node)
            return null;
        double value = Number(name, node);
        return value == Math.Floor(value) && Math.Abs(value) < int.MaxValue ? (int)value : throw _error(node.At, $"needs a whole number for {name}");
    }

    internal long Long(string name)
    {
        Node node = Take(name, optional: false)!;
        double value = Number(name, node);
        return value == Math.Floor(value) && Math.Abs(value) <= 1L << 52 ? (long)value : throw _error(node.At, $"needs a whole number for {name}");
    }

    internal TrainingSpan Span(string name) => Span(name, Take(name, optional: false)!);

    internal TrainingSpan SpanOrRest(string name) => OptionalSpan(name) ?? TrainingSpan.Rest;

    internal TrainingSpan? OptionalSpan(string name) => Take(name, optional: true) is { } node ? Span(name, node) : null;

    internal Level Level(string name, double? standard = null) => OptionalLevel(name) ?? standard ?? throw Missing(name);

    internal Level? OptionalLevel(string name)
    {
        if (Take(name + "Rate", optional: true) is { } rate)
        {
            return Has(name)
                ? throw _error(rate.At, $"gives both {name} and {name}Rate")
                : LrSchedules.Level.OfRate(Number(name, rate));
        }
        return Take(name, optional: true) is { } node ? LrSchedules.Level.OfPeak(Number(name, node)) : null;
    }

    internal T Word<T>(string name, T standard)
        where T : struct, Enum
    {
        if (Take(name, optional: true) is not { } node)
            return standard;
        foreach (T value in Enum.GetValues<T>())
        {
            if (node is CallNode { Arguments.Count: 0 } call && call.Word == CallBuilder.Lower(value.ToString()))
                return value;
        }
        throw _error(node.At, $"needs one of {string.Join(", ", Enum.GetNames<T>().Select(CallBuilder.Lower))} for {name}");
    }

    internal bool Flag(string name) => Take(name, optional: true) switch
    {
        null => false,
        CallNode { Word: "true", Arguments.Count: 0 } => true,
        CallNode { Word: "false", Arguments.Count: 0 } => false,
        { } node => throw _error(node.At, $"needs true or false for {name}"),
    };

    internal Shape Shape(string name, Shape? standard = null) =>
        Take(name, standard is not null) is { } node ? Vocabulary.ReadShape(node, _error) : standard!;

    internal LrSchedule Schedule(string name) => Vocabulary.Read(Take(name, optional: false)!, _error);

    internal IReadOnlyList<TrainingSpan> Spans(string name) => [.. Items(name).Select(node => Span(name, node))];

    internal IReadOnlyList<double> Numbers(string name) => [.. Items(name).Select(node => Number(name, node))];

    private IReadOnlyList<Node> Items(string name)
    {
        Node node = Take(name, optional: false)!;
        return node is ListNode list ? list.Items : throw _error(node.At, $"needs a list such as [1, 2] for {name}");
    }

    private Node? Take(string name, bool optional)
    {
        _known.Add(name);
        int index = _left.FindIndex(argument => argument.Name == name);
        if (index < 0)
            return optional ? null : throw Missing(name);
        Node value = _left[index].Value;
        _left.RemoveAt(index);
        return value;
    }

    private FormatException Missing(string name) => _error(_call.At, $"must give {_call.Word} the argument {name}");

    private double Number(string name, Node node) => node switch
    {
        NumberNode { Unit: "" or Units.Percent } number => number.Value,
        NumberNode => throw _error(node.At, $"needs a number without a unit for {name}"),
        _ => throw _error(node.At, $"needs a number for {name}"),
    };

    private TrainingSpan Span(string name, Node node)
    {
        switch (node)
        {
            case CallNode { Word: "rest", Arguments.Count: 0 }:
                return TrainingSpan.Rest;
            case NumberNode { Unit: "" }:
                throw _error(node.At, $"needs a unit for {name} ({Units.All})");
            case NumberNode number:
                try
                {
                    return TrainingSpan.Of(number.Value, Units.Find(number.Unit)!.Value);
                }
                catch (ArgumentOutOfRangeException exception)
                {
                    throw _error(node.At, Vocabulary.FirstLine(exception));
                }
            default:
                throw _error(node.At, $"needs a length such as 5ep or 10% for {name}");
        }
    }
}
