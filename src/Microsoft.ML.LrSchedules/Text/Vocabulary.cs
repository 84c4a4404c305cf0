namespace Microsoft.ML.LrSchedules.Text;

/// <summary>The words of the text and JSON forms: what each is read by, and the name of its first argument.</summary>
internal static class Vocabulary
{
    private sealed record Entry<T>(string? First, Func<Arguments, T> Read);

    private static readonly Dictionary<string, Entry<Shape>> Shapes = new(StringComparer.Ordinal)
    {
        ["linear"] = new(null, LinearShape.Read),
        ["polynomial"] = new(null, PolynomialShape.Read),
        ["cosine"] = new(null, CosineShape.Read),
        ["oneMinusPower"] = new(null, OneMinusPowerShape.Read),
        ["tanh"] = new(null, TanhShape.Read),
        ["rex"] = new(null, RexShape.Read),
        ["cosLog"] = new(null, CosLogShape.Read),
        ["kDecay"] = new(null, KDecayShape.Read),
    };

    private static readonly Dictionary<string, Entry<LrSchedule>> Schedules = new(StringComparer.Ordinal)
    {
        ["hold"] = new("over", Hold.Read),
        ["warmup"] = new("over", Warmup.Read),
        ["exponentialWarmup"] = new("scale", ExponentialWarmup.Read),
        ["radamWarmup"] = new("beta2", RAdamWarmup.Read),
        ["exponential"] = new("per", Exponential.Read),
        ["step"] = new("every", Step.Read),
        ["multiStep"] = new("at", MultiStep.Read),
        ["inverseTime"] = new("scale", InverseTime.Read),
        ["cosineWave"] = new("halfPeriod", CosineWave.Read),
        ["polynomialCycles"] = new("period", PolynomialCycles.Read),
        ["piecewise"] = new("at", Piecewise.Read),
        ["table"] = new("values", Table.Read),
        ["chebyshev"] = new("count", Chebyshev.Read),
        ["restarts"] = new("first", Restarts.Read),
        ["triangular"] = new("up", Triangular.Read),
        ["oneCycle"] = new("over", OneCycle.Read),
        ["staircase"] = new("of", Staircase.Read),
        ["affine"] = new("of", Affine.Read),
        ["clamp"] = new("of", Clamp.Read),
        ["repeat"] = new("of", Repeat.Read),
        ["stretch"] = new("of", Stretch.Read),
        ["skip"] = new("of", Skip.Read),
        ["until"] = new("of", Until.Read),
    };

    /// <summary>The name that may be left out. A shape's word is a decay of that shape, whose first argument is its length.</summary>
    internal static string? FirstArgument(string word) =>
        Schedules.TryGetValue(word, out Entry<LrSchedule>? schedule) ? schedule.First : "over";

    internal static IEnumerable<string> Words => Schedules.Keys.Concat(Shapes.Keys);

    internal static LrSchedule Read(Node node, Func<int, string, FormatException> error) => node switch
    {
        SequenceNode sequence => sequence.Parts.Select(part => Read(part, error)).Aggregate((all, next) => all.Then(next)),
        ProductNode product => new Product(Read(product.Left, error), Read(product.Right, error)),
        CallNode call when Schedules.TryGetValue(call.Word, out Entry<LrSchedule>? entry) => Build(call, entry, error),
        CallNode call when Shapes.TryGetValue(call.Word, out Entry<Shape>? shape) => Build(call, new Entry<LrSchedule>("over", arguments => Decay.Read(arguments, shape.Read)), error),
        CallNode { Word: "function" } => throw error(node.At, "holds a function of the program, which text cannot bring back,"),
        CallNode call => throw error(node.At, $"has the unknown schedule '{call.Word}' (known: {string.Join(", ", Words)})"),
        _ => throw error(node.At, "has a value where a schedule is needed"),
    };

    internal static Shape ReadShape(Node node, Func<int, string, FormatException> error) => node switch
    {
        CallNode call when Shapes.TryGetValue(call.Word, out Entry<Shape>? entry) => Build(call, entry, error),
        CallNode call => throw error(node.At, $"has the unknown shape '{call.Word}' (known: {string.Join(", ", Shapes.Keys)})"),
        _ => throw error(node.At, "has a value where a shape is needed"),
    };

    internal static string FirstLine(Exception exception) => "has a value out of range: " + exception.Message.Split(" (Parameter", 2)[0];

    private static T Build<T>(CallNode call, Entry<T> entry, Func<int, string, FormatException> error)
    {
        var arguments = new Arguments(call, entry.First, error);
        T value;
        try
        {
            value = entry.Read(arguments);
        }
        catch (ArgumentException exception)
        {
            throw error(call.At, FirstLine(exception));
        }
        arguments.Finish();
        return value;
    }
}
