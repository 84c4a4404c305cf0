using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A function of the program: <c>f(t) = function(t / T)</c>. It cannot be written as text or JSON, and two are equal only if they hold
/// the same delegate. The function must be pure and thread-safe. Elsewhere: PyTorch LambdaLR, any callable in optax and fastai.
/// </summary>
public sealed record Function : LrSchedule
{
    internal Function(Func<double, double> factor, TrainingSpan over, string name)
    {
        Factor = factor ?? throw new ArgumentNullException(nameof(factor));
        Over = over;
        Name = name ?? throw new ArgumentNullException(nameof(name));
    }

    /// <summary>The factor at u = t / T, u in [0, 1].</summary>
    public Func<double, double> Factor { get; }

    /// <summary>T.</summary>
    public TrainingSpan Over { get; }

    /// <summary>What plots call it.</summary>
    public string Name { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) => new FunctionCurve(Factor, length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override Node Describe() => new CallNode("function", [new Argument("name", new WordNode(Name))]);

    private sealed class FunctionCurve(Func<double, double> factor, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t)
        {
            double value = factor(Math.Min(1, t / length));
            return double.IsFinite(value) ? value : throw new InvalidOperationException(
                $"The function of a schedule must return a finite number but returned {Guard.Text(value)} at {Guard.Text(t / length)} of its length. Guard against logarithms and divisions at the ends.");
        }
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Function(Func{double, double}, TrainingSpan, string)"/>
    public LrSchedule Function(Func<double, double> factor, TrainingSpan over = default, string name = "user") => Then(new Function(factor, over, name));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>A function of the program; it cannot be saved as text. <see cref="LrSchedules.Function"/> has the rules.</summary>
        /// <param name="factor">The factor of the peak rate at u = t / T, u in [0, 1].</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="name">What plots call it.</param>
        public static LrSchedule Function(Func<double, double> factor, TrainingSpan over = default, string name = "user") => new Function(factor, over, name);
    }
}
