using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.LrSchedules;

namespace ScheduleCurves;

/// <summary>Writes docs/schedules.md and its pictures from the types: formulas and parameters from their documentation, curves from themselves.</summary>
internal static partial class ScheduleReference
{
    // Each type, with a schedule that shows it over 20 epochs of 50 steps.
    private static readonly (Type Type, string Example)[] Segments =
    [
        (typeof(Warmup), "warmup(5ep) > hold"),
        (typeof(Hold), "warmup(5ep) > hold"),
        (typeof(Decay), "warmup(2ep) > hold(6ep) > cosine(to=0.01)"),
        (typeof(Exponential), "exponential(1ep, factor=0.8)"),
        (typeof(Step), "step(5ep, factor=0.5)"),
        (typeof(MultiStep), "multiStep([8ep, 15ep], factor=0.1)"),
        (typeof(Piecewise), "piecewise([4ep, 12ep], values=[0.2, 1, 0.1], between=linear)"),
        (typeof(InverseTime), "warmup(2ep) > inverseTime(2ep, power=0.5)"),
        (typeof(CosineWave), "cosineWave(5ep, to=0.1)"),
        (typeof(ExponentialWarmup), "exponentialWarmup(2ep)"),
        (typeof(RAdamWarmup), "radamWarmup(0.99)"),
        (typeof(Table), "table([0.3, 1, 0.7, 0.2], every=5ep)"),
        (typeof(Function), "function"),
    ];

    private static readonly (Type Type, string Example)[] Shapes =
    [
        (typeof(LinearShape), "linear(to=0.1)"),
        (typeof(PolynomialShape), "polynomial(power=0.9)"),
        (typeof(CosineShape), "cosine"),
        (typeof(OneMinusPowerShape), "hold(10ep) > oneMinusPower(power=0.5)"),
        (typeof(TanhShape), "tanh"),
        (typeof(RexShape), "rex"),
        (typeof(CosLogShape), "cosLog(from=1)"),
        (typeof(KDecayShape), "kDecay(shape=cosine, k=2)"),
    ];

    private static readonly (Type Type, string Example)[] Cycles =
    [
        (typeof(Restarts), "restarts(3ep, lengthFactor=2, heightFactor=0.7)"),
        (typeof(Triangular), "triangular(2ep, down=3ep, from=0.1, cycleFactor=0.7)"),
        (typeof(OneCycle), "oneCycle"),
        (typeof(PolynomialCycles), "polynomialCycles(4ep, power=2, to=0.05)"),
        (typeof(Chebyshev), "chebyshev(16, every=1ep)"),
    ];

    private static readonly (Type Type, string Example)[] Combinators =
    [
        (typeof(Sequence), "warmup(3ep) > hold(7ep) > linear"),
        (typeof(Product), "warmup(5ep) * cosine"),
        (typeof(Affine), "affine(cosine, times=0.5, plus=0.2)"),
        (typeof(Clamp), "clamp(linear, minimum=0.2, maximum=0.8)"),
        (typeof(Repeat), "repeat(linear(5ep, to=0.2), times=3)"),
        (typeof(Stretch), "stretch(linear(5ep), factor=3)"),
        (typeof(Skip), "warmup(5ep) > skip(polynomial(20ep, power=2), by=5ep)"),
        (typeof(Staircase), "staircase(warmup(5ep) > cosine, every=1ep)"),
        (typeof(Until), "until(warmup(2ep) > hold > linear(20%), end=500, run=1000) > cosine(4ep)"),
    ];

    private static readonly (Type Type, string Example)[] Beside =
    [
        (typeof(ReduceOnPlateau), ""),
        (typeof(RangeTest), ""),
        (typeof(LayerwiseDecay), ""),
        (typeof(ScheduledValue), ""),
    ];

    private static readonly XElement Documentation = XElement.Load(Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.LrSchedules.xml")).Element("members")!;

    /// <summary>Writes everything under a docs folder.</summary>
    internal static void Write(string folder)
    {
        foreach ((string path, string content) in Files())
        {
            string full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, content);
        }
    }

    /// <summary>Every file's path under the docs folder and its content.</summary>
    internal static IEnumerable<(string Path, string Content)> Files()
    {
        yield return ("schedules.md", Page());
        foreach ((Type type, string example) in (IEnumerable<(Type, string)>)[.. Segments, .. Shapes, .. Cycles, .. Combinators])
        {
            LrSchedule schedule = type == typeof(Function) ? LrSchedule.Function(u => 0.5 + 0.5 * Math.Sin(9 * u), name: "sin") : LrSchedule.Parse(example);
            yield return ($"schedules/{type.Name}.svg", new ScheduleChart(TrainingPlan.OfSteps(50, 20)).With(schedule.ToString(), schedule).ToSvg(560, 260));
        }
    }

    private static string Page()
    {
        var page = new StringBuilder("""
            # Schedules

            Written by `dotnet run --project examples/04-ScheduleCurves -- --docs docs`; change the types' documentation instead of this file.

            A schedule is a value: a function from the training's progress to a factor of the peak rate. Lengths have units, parts follow each other, products multiply:

            ```csharp
            LrSchedule schedule = LrSchedule.Warmup(5.Epochs()).Hold(10.Epochs()).Cosine(20.Epochs(), to: 0.01);
            LrSchedule same     = LrSchedule.Parse("warmup(5ep) > hold(10ep) > cosine(20ep, to=0.01)");
            double factor       = schedule.Bind(new TrainingPlan(rows: 50_000, batchSize: 128, epochs: 35)).FactorAt(step);
            ```

            In the formulas t counts completed optimizer updates from the part's own start, T is its length. Units in text: `st` steps, `ep` epochs, `%` of the run, `sa` samples, `tok` tokens, `rest`.


            """.ReplaceLineEndings("\n"));
        Contents(page);
        Group(page, "Segments", "", Segments);
        Group(page, "Shapes of decays and warmups", "A shape's word is a decay of that shape: `cosine(20ep, to=0.01)`. All take `over`, `to`, `from`, `toRate`, `endAt` and `scale` of [Decay](#decay); a warmup takes a shape as `shape=cosine`.\n\n", Shapes);
        Group(page, "Cycles", "", Cycles);
        Group(page, "Combinators", "", Combinators);
        Group(page, "Beside the schedules", "", Beside);
        ComparisonTable.Write(page);
        return page.ToString();
    }

    private static void Contents(StringBuilder page)
    {
        foreach ((string name, (Type Type, string Example)[] group) in new[] { ("Segments", Segments), ("Shapes", Shapes), ("Cycles", Cycles), ("Combinators", Combinators), ("Beside", Beside) })
            page.Append(CultureInfo.InvariantCulture, $"- {name}: {string.Join(", ", group.Select(entry => $"[{entry.Type.Name}](#{entry.Type.Name.ToLowerInvariant()})"))}\n");
        page.Append("- [Who has what](#who-has-what)\n");
    }

    private static void Group(StringBuilder page, string title, string text, (Type Type, string Example)[] group)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{text}");
        foreach ((Type type, string example) in group)
        {
            page.Append(CultureInfo.InvariantCulture, $"### {type.Name}\n\n{Markdown(Summary("T:" + type.FullName))}\n\n");
            if (example.Length > 0)
                page.Append(CultureInfo.InvariantCulture, $"![{type.Name}](schedules/{type.Name}.svg)\n\n{(type == typeof(Function) ? "`LrSchedule.Function(u => 0.5 + 0.5 * Math.Sin(9 * u))`" : $"`{example}`")}\n\n");
            Parameters(page, type);
        }
    }

    private static void Parameters(StringBuilder page, Type type)
    {
        PropertyInfo[] properties = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.Name != "EqualityContract")];
        if (properties.Length == 0)
            return;
        page.Append("| parameter | type | meaning |\n|---|---|---|\n");
        foreach (PropertyInfo property in properties)
            page.Append(CultureInfo.InvariantCulture, $"| `{property.Name}` | {TypeName(property.PropertyType)} | {Markdown(Summary($"P:{type.FullName}.{property.Name}")).Replace("\n", " ", StringComparison.Ordinal)} |\n");
        page.Append('\n');
    }

    private static string TypeName(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? TypeName(inner) + "?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}&lt;{string.Join(", ", type.GetGenericArguments().Select(TypeName))}&gt;"
        : type == typeof(double) ? "double" : type == typeof(int) ? "int" : type == typeof(long) ? "long" : type == typeof(bool) ? "bool" : type == typeof(string) ? "string"
        : type.Name;

    private static XElement Summary(string member) =>
        Documentation.Elements().Single(element => element.Attribute("name")!.Value == member).Element("summary")!;

    private static string Markdown(XElement summary)
    {
        var text = new StringBuilder();
        foreach (XNode node in summary.Nodes())
        {
            text.Append(node switch
            {
                XElement { Name.LocalName: "code" } code => $"\n\n```text\n{Unindented(code.Value)}\n```\n\n",
                XElement { Name.LocalName: "c" } inline => $"`{inline.Value}`",
                XElement { Name.LocalName: "para" } paragraph => "\n\n" + Markdown(paragraph) + "\n\n",
                XElement { Name.LocalName: "see" } see => $"`{Word(see.Attribute("cref")!.Value)}`",
                XText plain => Blanks().Replace(plain.Value, " "),
                _ => "",
            });
        }
        return ManyLines().Replace(text.ToString(), "\n\n").Replace(" \n", "\n", StringComparison.Ordinal).Replace("\n ", "\n", StringComparison.Ordinal).Trim();
    }

    private static string Unindented(string code)
    {
        string[] lines = code.Trim('\r', '\n', ' ').Split('\n');
        return string.Join('\n', lines.Select(line => line.TrimEnd().StartsWith("            ", StringComparison.Ordinal) ? line.TrimEnd()[12..] : line.Trim()));
    }

    private static string Word(string cref) => cref.Split('(')[0].Split('.', ':')[^1];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\s*\n\s*\n\s*")]
    private static partial Regex ManyLines();
}
