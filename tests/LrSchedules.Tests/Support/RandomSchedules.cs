using CsCheck;

namespace Microsoft.ML.LrSchedules.Tests;

/// <summary>Random schedules of every kind, nested up to a depth, that fit into <see cref="Plan"/>.</summary>
internal static class RandomSchedules
{
    /// <summary>A run with room for whatever is generated.</summary>
    internal static readonly TrainingPlan Plan = new(rows: 1003, batchSize: 10, epochs: 60, gradientAccumulation: 2, tokensPerSample: 7);

    private static readonly Gen<double> Factor = Gen.Double[0.05, 1];
    private static readonly Gen<double> Value = Gen.Double[0, 1];

    private static readonly Gen<TrainingSpan> Span = Gen.OneOf(
        Gen.Int[1, 60].Select(n => n.Steps()),
        Gen.Double[0.05, 1.5].Select(n => n.Epochs()),
        Gen.Double[0.001, 0.02].Select(n => n.OfRun()),
        Gen.Int[10, 1500].Select(n => n.Samples()),
        Gen.Int[100, 9000].Select(n => n.Tokens()));

    private static readonly Gen<Shape> PlainShape = Gen.OneOf(
        Gen.Const(Shape.Linear),
        Gen.Double[0.3, 3].Select(Shape.Polynomial),
        Gen.Select(Gen.Double[0.5, 2], Gen.Int[1, 4], (exponent, waves) => Shape.Cosine(exponent, waves)),
        Gen.Double[0.4, 3].Select(Shape.OneMinusPower),
        Gen.Select(Gen.Double[-8, -2], Gen.Double[0, 4], Shape.Tanh),
        Gen.Double[0, 0.95].Select(Shape.Rex),
        Gen.Int[1, 5].Select(Shape.CosLog));

    private static readonly Gen<Shape> AnyShape = Gen.Frequency((4, PlainShape), (1, Gen.Select(PlainShape, Gen.Double[0.5, 2], (shape, k) => shape.KDecay(k))));

    private static readonly Gen<LrSchedule> Leaf = Gen.OneOf(
        Gen.Select(Span, Value.Nullable(), (over, at) => LrSchedule.Hold(over, at)),
        Gen.Select(Span, AnyShape, Value, Value, Gen.Enum<FirstStep>(), (over, shape, from, to, first) => LrSchedule.Warmup(over, from, to, shape, first)),
        Gen.Select(Span, AnyShape, Value, Value.Nullable(), Gen.Enum<EndAt>(), (over, shape, to, from, end) => LrSchedule.Decay(over, shape, to, from, end)),
        Gen.Select(Span, Factor, Factor, (over, to, from) => LrSchedule.Geometric(over, to, from)),
        Gen.Select(Span, Factor, Factor, (over, to, from) => LrSchedule.Parse($"linear({over}, to={to:R}, from={from:R}, scale=inverse)")),
        Gen.Select(Factor, Span, Span, Value.Nullable(), (factor, per, over, from) => LrSchedule.Exponential(factor, per, over, from)),
        Gen.Select(Span, Factor, Span, Value.Nullable(), (every, factor, over, from) => LrSchedule.Step(every, factor, over, from)),
        Gen.Select(Span.Array[0, 4], Factor, Span, Value.Nullable(), (at, factor, over, from) => LrSchedule.MultiStep(at, factor, over, from)),
        Gen.Select(Span, Gen.Double[0.2, 2], Span, Value.Nullable(), (scale, power, over, from) => LrSchedule.InverseTime(scale, power, over, from)),
        Gen.Select(Span, Value, Span, Value.Nullable(), (half, to, over, from) => LrSchedule.CosineWave(half, to, over, from)),
        Gen.Select(Span, Span, (scale, over) => LrSchedule.ExponentialWarmup(scale, over)),
        Gen.Select(Gen.Double[0.7, 0.999], Span, (beta2, over) => LrSchedule.RAdamWarmup(beta2, over)),
        Gen.Select(Value.Array[1, 5], Gen.Int[1, 9], (values, every) => LrSchedule.Table(values, every.Steps())),
        Gen.Select(Value.Array[4], Gen.Enum<Between>(), Span, (values, between, over) => LrSchedule.Piecewise([1.Steps(), 2.5.Steps(), 0.5.Epochs()], values, between, over)),
        Gen.Select(Span, Gen.Double[0.5, 3], Value, Span, Value.Nullable(), (period, power, to, over, from) => LrSchedule.PolynomialCycles(period, power, to, over, from)),
        Gen.Select(Span, Span, Value, Value, Factor, Factor, Span, LrSchedule.Triangular),
        Gen.Select(Gen.Int[5, 40], AnyShape, Value, Gen.Double[1, 2], Factor, Gen.Int[1, 3], Gen.Int[1, 4].Nullable(), Value.Nullable(),
            (first, shape, to, length, height, cycles, warmup, from) => LrSchedule.Restarts(first.Steps(), shape, to, length, height, cycles, warmup?.Steps(), from)),
        Gen.Select(Gen.Int[20, 80], Gen.Double[0.2, 0.45], Value, Value, Value, AnyShape, Gen.Bool, Gen.Enum<EndAt>(),
            (over, up, from, peak, to, shape, three, end) => LrSchedule.OneCycle(over.Steps(), up, from, peak, to, shape, three, end)),
        Gen.Select(Gen.Int[0, 3].Select(k => 1 << k), Gen.Int[1, 5], Gen.Double[0.1, 0.9], (count, every, smallest) => LrSchedule.Chebyshev(count, every.Steps(), smallest)));

    private static Gen<LrSchedule> Nested(Gen<LrSchedule> inner) => Gen.Frequency(
        (6, inner),
        (4, Gen.Select(inner, inner, (a, b) => a.Then(b))),
        (1, Gen.Select(inner, inner, (a, b) => a * b)),
        (1, Gen.Select(inner, Gen.Double[-1, 2], Value, (a, times, plus) => a.Scaled(times).Raised(plus))),
        (1, Gen.Select(inner, Gen.Double[0, 0.4], Gen.Double[0.5, 1], (a, low, high) => a.Clamped(low, high))),
        (1, Gen.Select(inner, Span, (a, every) => a.Staircased(every))),
        (1, Gen.Select(inner, Gen.Int[1, 3], (a, times) => a.Repeated(times))),
        (1, Gen.Select(inner, Gen.Double[0.5, 2], (a, factor) => a.Stretched(factor))),
        (1, Gen.Select(inner, a => a.Then(LrSchedule.Hold(3.Steps())).Skipping(2.Steps()))),
        (1, Gen.Select(inner, Gen.Int[1, 90], Gen.Int[1000, 3000], (a, end, run) => LrSchedule.Parse($"until({a}, end={end}, run={run})"))));

    /// <summary>Schedules of fixed length.</summary>
    internal static readonly Gen<LrSchedule> Bounded = Nested(Nested(Leaf));

    /// <summary>Schedules of fixed length, and such with a part that takes the rest.</summary>
    internal static readonly Gen<LrSchedule> Any = Gen.Frequency(
        (2, Bounded),
        (1, Gen.Select(Bounded, AnyShape, Value, (a, shape, to) => a.Then(LrSchedule.Decay(TrainingSpan.Rest, shape, to)))),
        (1, Gen.Select(Bounded, Bounded, (a, b) => a.Hold().Then(b))),
        (1, Gen.Select(Bounded, a => a * LrSchedule.Cosine(to: 0.1))));
}
