using System.Collections.Immutable;
using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// One schedule after the other, each from its own step 0:
/// <code>f(t) = part_i(t - start_i)   for start_i &lt;= t &lt; start_i + length_i</code>
/// A part without a length takes what the others leave of the run; at most one may. Sequences in sequences are flattened, so
/// <c>a.Then(b).Then(c)</c> and <c>a.Then(b.Then(c))</c> are equal values.
/// Elsewhere: PyTorch SequentialLR (which loses a step when nested), optax join_schedules, fastai combine_scheds.
/// </summary>
public sealed record Sequence : LrSchedule
{
    internal Sequence(LrSchedule first, LrSchedule second)
    {
        Parts = [.. PartsOf(first), .. PartsOf(second)];
    }

    /// <summary>The parts in order, none of them a sequence; at least two.</summary>
    public ImmutableArray<LrSchedule> Parts { get; }

    /// <summary>Equal parts in the same order.</summary>
    /// <param name="other">Another sequence.</param>
    public bool Equals(Sequence? other) => other is not null && Parts.AsSpan().SequenceEqual(other.Parts.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (LrSchedule part in Parts)
            hash.Add(part);
        return hash.ToHashCode();
    }

    internal override double? LengthIn(Horizon horizon)
    {
        double sum = 0;
        foreach (LrSchedule part in Parts)
        {
            if (part.LengthIn(horizon) is not { } length)
                return null;
            sum = Positions.Snap(sum + length);
        }
        return sum;
    }

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double[] lengths = Lengths(horizon, length);
        var starts = new double[lengths.Length];
        var curves = new Curve[lengths.Length];
        double start = 0;
        for (int i = 0; i < curves.Length; i++)
        {
            starts[i] = start;
            curves[i] = Parts[i].Compile(horizon, lengths[i], from);
            from = curves[i].End;
            start = Positions.Snap(start + lengths[i]);
        }
        return new SequenceCurve(starts, curves);
    }

    internal override bool HasFixedLength => Parts.All(part => part.HasFixedLength);

    internal override bool IsHorizonFree => Parts.All(part => part.IsHorizonFree) && Parts.Take(Parts.Length - 1).All(part => part.HasFixedLength);

    // A part stays where it is in a longer run as long as all before it have a fixed length.
    internal override double HorizonFree(Horizon horizon, double length)
    {
        double[] lengths = Lengths(horizon, length);
        double free = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            free += Parts[i].HorizonFree(horizon, lengths[i]);
            if (!Parts[i].IsHorizonFree || !Parts[i].HasFixedLength)
                break;
        }
        return free;
    }

    internal override IEnumerable<SchedulePhase> Phases(Horizon horizon, double start, double length)
    {
        double[] lengths = Lengths(horizon, length);
        for (int i = 0; i < lengths.Length; i++)
        {
            foreach (SchedulePhase phase in Parts[i].Phases(horizon, start, lengths[i]))
                yield return phase;
            start = Positions.Snap(start + lengths[i]);
        }
    }

    internal override Node Describe() => new SequenceNode([.. Parts.Select(part => part.Describe())]);

    private double[] Lengths(Horizon horizon, double available)
    {
        double?[] own = [.. Parts.Select(part => part.LengthIn(horizon))];
        double taken = own.Sum() ?? 0;
        int open = own.Count(length => length is null);
        if (open > 1)
            throw new ArgumentException($"The schedule must have at most one part that takes the rest of the run but had {open}: {this}. Give the others a length.");
        if (open == 1 && taken >= available)
            throw new ArgumentException($"The schedule must leave some of its {Guard.Text(available)} steps to the part that takes the rest but the others take {Guard.Text(taken)}: {this}. Train longer or shorten a part.");
        return [.. own.Select(length => length ?? available - taken)];
    }

    private static ImmutableArray<LrSchedule> PartsOf(LrSchedule schedule) => schedule is Sequence sequence ? sequence.Parts : [schedule];
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule, and from its end on <paramref name="next"/>, which counts from its own step 0.</summary>
    /// <param name="next">What follows.</param>
    public LrSchedule Then(LrSchedule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new Sequence(this, next);
    }
}
