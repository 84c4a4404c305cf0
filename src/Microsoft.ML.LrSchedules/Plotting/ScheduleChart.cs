using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>Which vertical axis a series of a <see cref="ScheduleChart"/> belongs to.</summary>
public enum ChartAxis
{
    /// <summary>The left one, with the schedules: factors or rates.</summary>
    Left,

    /// <summary>The right one, with its own scale: a loss, a metric.</summary>
    Right,
}

/// <summary>
/// Schedules, and other numbers of a run, as a self-contained SVG picture or a CSV table. An immutable value; the same one always gives the same text.
/// <code>
/// string svg = new ScheduleChart(plan).With("warmup-cosine", schedule).ToSvg();
/// string history = new ScheduleChart(plan, "Training").With("rate", schedule, peakRate: 1e-3).WithSeries("loss", losses, ChartAxis.Right).ToSvg();
/// </code>
/// </summary>
public sealed class ScheduleChart
{
    internal sealed record Curve(string Name, BoundSchedule Bound, double Peak);

    internal sealed record Series(string Name, ImmutableArray<(double Step, double Value)> Points, ChartAxis Axis);

    /// <summary>An empty chart of a run.</summary>
    /// <param name="plan">The run; its steps and epochs are the horizontal axes.</param>
    /// <param name="title">Above the picture; may be empty.</param>
    public ScheduleChart(TrainingPlan plan, string title = "")
        : this(plan ?? throw new ArgumentNullException(nameof(plan)), title ?? throw new ArgumentNullException(nameof(title)), [], [])
    {
    }

    private ScheduleChart(TrainingPlan plan, string title, ImmutableArray<Curve> curves, ImmutableArray<Series> others)
    {
        Plan = plan;
        Title = title;
        Curves = curves;
        Others = others;
    }

    /// <summary>The run.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>What stands above the picture.</summary>
    public string Title { get; }

    internal ImmutableArray<Curve> Curves { get; }

    internal ImmutableArray<Series> Others { get; }

    /// <summary>The chart with one more schedule: factors of the peak, or rates where the peak rate is given. The phases of the first are labelled.</summary>
    /// <param name="name">Its name in the legend and in the table.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="peakRate">The peak rate, or null for factors.</param>
    public ScheduleChart With(string name, LrSchedule schedule, double? peakRate = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(schedule);
        return new ScheduleChart(Plan, Title, Curves.Add(new Curve(name, schedule.Bind(Plan, peakRate), peakRate ?? 1)), Others);
    }

    /// <summary>The chart with one more series of numbers of the run. Numbers that are not finite are left out.</summary>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="points">Steps, ascending, and values.</param>
    /// <param name="axis">Its vertical axis.</param>
    public ScheduleChart WithSeries(string name, IEnumerable<(double Step, double Value)> points, ChartAxis axis = ChartAxis.Right)
    {
        ArgumentNullException.ThrowIfNull(name);
        Guard.Defined(axis, "Say on which side the numbers stand.");
        return new ScheduleChart(Plan, Title, Curves, Others.Add(new Series(name, [.. points.Where(point => double.IsFinite(point.Step) && double.IsFinite(point.Value))], axis)));
    }

    /// <summary>The picture: a complete SVG document without scripts, fonts or links.</summary>
    /// <param name="width">In pixels, at least 200.</param>
    /// <param name="height">In pixels, at least 150.</param>
    public string ToSvg(int width = 800, int height = 400) =>
        new SvgChart(this, Guard.AtLeast(200, width, "Smaller pictures have no room for axes."), Guard.AtLeast(150, height, "Smaller pictures have no room for axes.")).Draw();

    /// <summary>The schedules as a table: step, epoch and one column for each, a row for every step. Other series are not part of it.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder("step,epoch");
        foreach (Curve curve in Curves)
            text.Append(',').Append(Quoted(curve.Name));
        text.Append('\n');
        for (long step = 0; step < Plan.TotalSteps; step++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{step},{(double)step / Plan.StepsPerEpoch:R}");
            foreach (Curve curve in Curves)
                text.Append(CultureInfo.InvariantCulture, $",{curve.Peak * curve.Bound.FactorAt(step):R}");
            text.Append('\n');
        }
        return text.ToString();
    }

    private static string Quoted(string name) => name.AsSpan().IndexOfAny(",\"\r\n") < 0 ? name : "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
