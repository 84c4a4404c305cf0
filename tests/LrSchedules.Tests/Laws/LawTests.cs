using CsCheck;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Laws;

/// <summary>What holds for every schedule: ten thousand random ones by default, a million in the slow tier.</summary>
[TestClass]
public class LawTests
{
    private static readonly TrainingPlan Plan = RandomSchedules.Plan;

    /// <summary>How many samples a law is checked with.</summary>
    protected virtual long Samples => Sampling.Count(10_000);

    [TestMethod]
    public void FactorAt_AnySchedule_IsFiniteAndTheSameInAnyOrder() =>
        RandomSchedules.Any.Sample(schedule =>
        {
            BoundSchedule bound = schedule.Bind(Plan);
            long[] steps = [0, 1, 7, Plan.TotalSteps / 3, Plan.TotalSteps / 2, Plan.TotalSteps - 1, Plan.TotalSteps, Plan.TotalSteps + 1];
            double[] forward = [.. steps.Select(bound.FactorAt)];
            double[] backward = [.. steps.Reverse().Select(schedule.Bind(Plan).FactorAt)];
            return forward.All(double.IsFinite) && forward.SequenceEqual(backward.Reverse());
        }, iter: Samples);

    [TestMethod]
    public void FactorAt_BeyondTheEnd_HoldsTheLastValue() =>
        Gen.Select(RandomSchedules.Any, Gen.Long[0, long.MaxValue / 2]).Sample((schedule, further) =>
        {
            BoundSchedule bound = schedule.Bind(Plan);
            long end = (long)Math.Ceiling(bound.LengthInSteps);
            return bound.LengthInSteps <= Plan.TotalSteps + 1e-6 && bound.FactorAt(end) == bound.FactorAt(end + further);
        }, iter: Samples);

    [TestMethod]
    public void Parse_OfToString_IsEqual() =>
        RandomSchedules.Any.Sample(schedule =>
        {
            LrSchedule again = LrSchedule.Parse(schedule.ToString());
            return again == schedule && again.GetHashCode() == schedule.GetHashCode() && again.ToString() == schedule.ToString();
        }, iter: Samples);

    [TestMethod]
    public void FromJson_OfToJson_IsEqual() =>
        RandomSchedules.Any.Sample(schedule => LrSchedule.FromJson(schedule.ToJson()) == schedule, iter: Samples);

    [TestMethod]
    public void Then_AnyThree_IsAssociative() =>
        Gen.Select(RandomSchedules.Bounded, RandomSchedules.Bounded, RandomSchedules.Bounded).Sample((a, b, c) => a.Then(b).Then(c) == a.Then(b.Then(c)), iter: Samples);

    // A root near 0 turns the last bit of a position into 1e-8 of a factor.
    [TestMethod]
    public void Then_AnyTwo_PlaysEachFromItsOwnStart() =>
        Gen.Select(RandomSchedules.Bounded, RandomSchedules.Bounded).Sample((a, b) =>
        {
            BoundSchedule both = LrSchedule.Hold(5.Steps(), at: 1).Then(b).Bind(Plan);
            BoundSchedule alone = b.Bind(Plan);
            return Enumerable.Range(0, 40).All(t => t >= alone.LengthInSteps || Close(both.FactorAt(t + 5), alone.FactorAt(t), 1e-6))
                && a.Then(b).Bind(Plan).FactorAt(0) == a.Bind(Plan).FactorAt(0);
        }, iter: Samples);

    [TestMethod]
    public void Product_AnyTwo_IsTheProductOfTheirFactors() =>
        Gen.Select(RandomSchedules.Bounded, RandomSchedules.Bounded, Gen.Long[0, 400]).Sample((a, b, t) =>
            Close((a * b).Bind(Plan).FactorAt(t), a.Bind(Plan).FactorAt(t) * b.Bind(Plan).FactorAt(t)), iter: Samples);

    [TestMethod]
    public void Clamped_AnySchedule_StaysInTheRange() =>
        Gen.Select(RandomSchedules.Any, Gen.Double[0, 0.5], Gen.Double[0.5, 1], Gen.Long[0, 400]).Sample((schedule, low, high, t) =>
            schedule.Clamped(low, high).Bind(Plan).FactorAt(t) is var factor && factor >= low && factor <= high, iter: Samples);

    [TestMethod]
    public void Decay_AnyShape_StaysBetweenItsEnds() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0.3, 3], Gen.Int[0, 5], Gen.Int[0, 99]).Sample((from, to, p, kind, t) =>
        {
            Shape shape = kind switch
            {
                0 => Shape.Linear,
                1 => Shape.Polynomial(p),
                2 => Shape.Cosine(p),
                3 => Shape.OneMinusPower(p),
                4 => Shape.Rex(p / 4),
                _ => Shape.Tanh(-p, p),
            };
            double factor = LrSchedule.Decay(100.Steps(), shape, to, from).Bind(TrainingPlan.OfSteps(100)).FactorAt(t);
            return factor >= Math.Min(from, to) - 1e-12 && factor <= Math.Max(from, to) + 1e-12;
        }, iter: Samples);

    [TestMethod]
    public void Units_TheSameLengthInAnyUnit_IsTheSameCurve() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 500], Gen.Int[1, 64], Gen.Int[1, 4], Gen.Long[0, 3000]).Sample((epochs, rows, batch, accumulation, step) =>
        {
            var plan = new TrainingPlan(rows, batch, 2 * epochs, accumulation, tokensPerSample: 3);
            TrainingSpan[] spans = [epochs.Epochs(), ((long)epochs * plan.StepsPerEpoch).Steps(), 0.5.OfRun(), ((long)epochs * rows).Samples(), (3L * epochs * rows).Tokens()];
            double[] factors = [.. spans.Select(span => LrSchedule.Warmup(span).Cosine(to: 0.1).Bind(plan).FactorAt(step % plan.TotalSteps))];
            return factors.All(factor => Close(factor, factors[0]));
        }, iter: Samples);

    [TestMethod]
    public void TrainingPlan_AnyRun_PlansTheStepsThatAreTaken() =>
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 50], Gen.Int[1, 6], Gen.Bool, Gen.Int[1, 7]).Sample((rows, batch, accumulation, drop, epochs) =>
        {
            if (drop && rows < batch)
                return true;
            var plan = new TrainingPlan(rows, batch, epochs, accumulation, drop ? LastBatch.Drop : LastBatch.Keep);
            long steps = 0;
            for (int epoch = 0; epoch < epochs; epoch++)
            {
                int pending = 0;
                for (int row = 0; row < rows; row += batch)
                {
                    if (drop && row + batch > rows)
                        continue;
                    if (++pending == accumulation)
                    {
                        steps++;
                        pending = 0;
                    }
                }
                steps += pending > 0 ? 1 : 0;
            }
            return plan.TotalSteps == steps && plan.StepsPerEpoch * epochs == steps;
        }, iter: Samples);

    [TestMethod]
    public void Accumulation_OverTheSameEpochs_LeavesTheCurveInEpochsUnchanged() =>
        Gen.Select(Gen.Int[1, 8], Gen.Double[0, 0.99]).Sample((accumulation, position) =>
        {
            LrSchedule schedule = LrSchedule.Warmup(3.Epochs()).Hold(2.Epochs()).Linear(to: 0.1);
            var plain = new TrainingPlan(840, 1, 20);
            var accumulated = new TrainingPlan(840, 1, 20, accumulation);
            long step = (long)(position * accumulated.TotalSteps);
            return Close(schedule.Bind(accumulated).FactorAt(step), schedule.Bind(plain).FactorAt(step * plain.StepsPerEpoch / accumulated.StepsPerEpoch), 0.02);
        }, iter: Samples);

    [TestMethod]
    public void Continuous_ShapesThatAre_HaveNoJumps()
    {
        const int fine = 100_000;
        Gen.Select(Gen.Int[0, 9], Gen.Double[0, 1], Gen.Int[1, fine - 1]).Sample((kind, to, step) =>
        {
            LrSchedule schedule = kind switch
            {
                0 => LrSchedule.Warmup(0.3.OfRun()).Hold().Cosine(0.3.OfRun(), to),
                1 => LrSchedule.Warmup(0.3.OfRun()).Polynomial(power: 0.9, to: to),
                2 => LrSchedule.Triangular(0.1.OfRun(), 0.2.OfRun(), 0, 1),
                3 => LrSchedule.OneCycle(),
                4 => LrSchedule.Warmup(0.1.OfRun()).InverseSquareRoot(0.1.OfRun()),
                5 => LrSchedule.CosineWave(0.1.OfRun(), to),
                6 => LrSchedule.Decay(TrainingSpan.Rest, Shape.Rex(), to),
                7 => LrSchedule.Decay(TrainingSpan.Rest, Shape.CosLog(), to: 0),
                8 => LrSchedule.Exponential(0.5, 0.1.OfRun()).Linear(0.2.OfRun(), to),
                _ => LrSchedule.Warmup(0.3.OfRun(), shape: Shape.OneMinusSqrt).Decay(TrainingSpan.Rest, Shape.OneMinusSqrt, to),
            };
            if (kind == 8)
                schedule = LrSchedule.Exponential(0.5, 0.1.OfRun(), 0.8.OfRun()).Linear(to: to);
            BoundSchedule bound = schedule.Bind(TrainingPlan.OfSteps(fine));
            // A square root is steepest where it is zero: over one of n steps it changes by sqrt(1/n), here at the end of the warmup.
            double most = kind == 9 ? Math.Sqrt(1 / (0.3 * fine)) + 1e-9 : 0.005;
            return Math.Abs(bound.FactorAt(step) - bound.FactorAt(step - 1)) < most;
        }, iter: Samples);
    }

    private static bool Close(double a, double b, double tolerance = 1e-9) => Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(b));
}

/// <summary>The laws with a million samples each.</summary>
[TestClass]
[TestCategory("Slow")]
public sealed class LawSlowTests : LawTests
{
    /// <inheritdoc/>
    protected override long Samples => 1_000_000;
}
