namespace Microsoft.ML.LrSchedules.Text;

/// <summary>Writes a schedule as a call; values that are the default are left out, so equal schedules have equal texts.</summary>
internal sealed class CallBuilder(string word)
{
    private readonly List<Argument> _arguments = [];

    internal CallNode Call => new(word, _arguments);

    internal CallBuilder Span(string name, TrainingSpan span) => span.IsRest ? this : Add(name, SpanNode(span));

    internal CallBuilder Number(string name, double value, double? standard = null) => value == standard ? this : Add(name, new NumberNode(value, ""));

    internal CallBuilder Number(string name, int? value, int? standard = null) => value is not { } v || v == standard ? this : Add(name, new NumberNode(v, ""));

    internal CallBuilder Level(string name, Level level, double? standard = null) => level.IsRate
        ? Add(name + "Rate", new NumberNode(level.Value, ""))
        : Number(name, level.Value, standard);

    internal CallBuilder Level(string name, Level? level) => level is { } l ? Level(name, l) : this;

    internal CallBuilder Word<T>(string name, T value, T standard)
        where T : struct, Enum =>
        EqualityComparer<T>.Default.Equals(value, standard) ? this : Add(name, new WordNode(Lower(value.ToString())));

    internal CallBuilder Flag(string name, bool value) => value ? Add(name, new WordNode("true")) : this;

    internal CallBuilder Shape(string name, Shape shape, Shape? standard = null) => shape == standard ? this : Add(name, shape.Describe());

    internal CallBuilder Schedule(string name, LrSchedule schedule) => Add(name, schedule.Describe());

    internal CallBuilder Spans(string name, IEnumerable<TrainingSpan> spans) => Add(name, new ListNode([.. spans.Select(SpanNode)]));

    internal CallBuilder Numbers(string name, IEnumerable<double> numbers) => Add(name, new ListNode([.. numbers.Select(number => new NumberNode(number, ""))]));

    internal CallBuilder Append(CallNode call)
    {
        _arguments.AddRange(call.Arguments);
        return this;
    }

    internal static string Lower(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static Node SpanNode(TrainingSpan span) => span.IsRest ? new WordNode("rest") : new NumberNode(span.Value, Units.Suffix(span.Unit));

    private CallBuilder Add(string name, Node value)
    {
        _arguments.Add(new Argument(name, value));
        return this;
    }
}
