using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The beginning of another schedule: <c>f(t) = inner(t) for t &lt; end</c>, the value there held beyond. The inner schedule is resolved
/// against a run of its own length, <see cref="RunSteps"/>, so that cutting it changes none of its values.
/// </summary>
public sealed record Until : LrSchedule
{
    internal Until(LrSchedule inner, long end, long runSteps)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        if (end < 1)
            throw Guard.Out(nameof(end), "at least 1", end, "Nothing would be left of the schedule.");
        if (runSteps < end || runSteps > 1L << 52)
            throw Guard.Out(nameof(runSteps), $"at least the {end} steps that are kept and at most 2^52", runSteps, "A schedule is cut inside its run.");
        End = end;
        RunSteps = runSteps;
    }

    /// <summary>What is cut.</summary>
    public LrSchedule Inner { get; }

    /// <summary>How many steps are kept.</summary>
    public long End { get; }

    /// <summary>The steps of the run that the inner schedule was made for.</summary>
    public long RunSteps { get; }

    internal override double? LengthIn(Horizon horizon) => End;

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        Horizon inner = horizon.WithRun(RunSteps);
        double innerLength = Inner.LengthIn(inner) ?? RunSteps;
        return new UntilCurve(Inner.Compile(inner, innerLength, from: 1), innerLength, End);
    }

    internal override bool HasFixedLength => true;

    internal override Node Describe() => new CallBuilder("until").Schedule("of", Inner).Number("end", (double)End).Number("run", (double)RunSteps).Call;

    internal static LrSchedule Read(Arguments arguments) =>
        new Until(arguments.Schedule("of"), arguments.Long("end"), arguments.Long("run"));

    private sealed class UntilCurve(Curve inner, double length, double end) : Curve
    {
        internal override double End => At(end);

        internal override double At(double t) => t < length ? inner.At(t) : inner.End;
    }
}
