using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.RangeTests;

[TestClass]
public class RangeTestTests
{
    [TestMethod]
    public void Schedule_Geometric_GoesFromLowestToHighest()
    {
        var test = new RangeTest { LowestRate = 1e-5, HighestRate = 1, Steps = 6 };
        for (int step = 0; step < 6; step++)
            test.RateAt(step).Should().BeApproximately(Math.Pow(10, step - 5), Math.Pow(10, step - 5) * 1e-12);
    }

    [TestMethod]
    public void Schedule_Linear_GoesInEqualSteps()
    {
        var test = new RangeTest { LowestRate = 0.1, HighestRate = 1.1, Steps = 11, Linear = true };
        for (int step = 0; step < 11; step++)
            test.RateAt(step).Should().BeApproximately(0.1 + 0.1 * step, 1e-12);
    }

    [TestMethod]
    public void Smooth_Losses_IsTheCorrectedAverage()
    {
        new RangeTest { Smoothing = 0.5 }.Smooth([4, 2, 8]).Should().SatisfyRespectively(
            first => first.Should().BeApproximately(4, 1e-15),
            second => second.Should().BeApproximately((0.25 * 4 + 0.5 * 2) / 0.75, 1e-15),
            third => third.Should().BeApproximately((0.125 * 4 + 0.25 * 2 + 0.5 * 8) / 0.875, 1e-15));
        new RangeTest { Smoothing = 0 }.Smooth([4, 2]).Should().Equal(4, 2);
        new RangeTest().Smooth([1, double.PositiveInfinity, 1]).Should().Equal(1, double.NaN, double.NaN);
    }

    [TestMethod]
    public void ShouldStop_LossExplodes_Stops()
    {
        var test = new RangeTest { Smoothing = 0, StopFactor = 4 };
        test.ShouldStop([]).Should().BeFalse();
        test.ShouldStop([1, 0.5, 2]).Should().BeFalse();
        test.ShouldStop([1, 0.5, 2.01]).Should().BeTrue();
        test.ShouldStop([1, double.NaN]).Should().BeTrue();
    }

    [TestMethod]
    public void Analyze_Valley_SuggestsItsParts()
    {
        var test = new RangeTest { LowestRate = 1e-6, HighestRate = 1, Steps = 7, Smoothing = 0 };
        RangeTestResult result = test.Analyze([10, 9.5, 9, 4, 3.2, 3.1, 30]);
        result.Rates.Should().HaveCount(7);
        result.SmoothedLosses.Should().Equal(10, 9.5, 9, 4, 3.2, 3.1, 30);
        result.Steepest.Should().BeApproximately(1e-3, 1e-12, "from 9 to 3.2 around step 3: more than from 9.5 to 4 around step 2");
        result.MinimumOverTen.Should().BeApproximately(1e-2, 1e-12);
        result.Valley.Should().BeApproximately(1e-5, 1e-12, "six losses fall, the stretch is 5 long: its first third and half of the next");
    }

    [TestMethod]
    public void Analyze_NotFiniteAtTheEnd_LeavesThoseOut()
    {
        var test = new RangeTest { LowestRate = 1e-6, HighestRate = 1, Steps = 7, Smoothing = 0 };
        test.Analyze([3, 2, 1, 5, double.NaN]).Rates.Should().HaveCount(4);
        test.Invoking(t => t.Analyze([3, 2, double.NaN])).Should().Throw<ArgumentException>()
            .WithMessage("losses must begin with at least 3 finite numbers but began with 2. Start from a lower rate or check the data.*");
    }

    [TestMethod]
    public void Analyze_LongNoisyFall_FindsTheMiddle()
    {
        var test = new RangeTest { Steps = 100, Smoothing = 0 };
        double[] losses = [.. Enumerable.Range(0, 100).Select(i => i < 20 ? 2.0 : i < 80 ? 2 - (i - 20) / 60.0 : 1 + (i - 80) * 0.5)];
        RangeTestResult result = test.Analyze(losses);
        int valley = Enumerable.Range(0, 100).MinBy(i => Math.Abs(result.Rates[i] - result.Valley));
        valley.Should().Be(19 + 20 + 10, "the fall ends at 80 and is 61 long, counted from 19");
    }

    [TestMethod]
    public void Properties_OutOfRange_SayTheRule()
    {
        Throws(() => new RangeTest { LowestRate = 0 }, "LowestRate must be a finite number above 0 but was 0. 1e-7 is usual.");
        Throws(() => new RangeTest { HighestRate = double.NaN }, "HighestRate must be a finite number above 0 but was NaN. 10 is usual.");
        Throws(() => new RangeTest { Steps = 1 }, "Steps must be at least 2 but was 1. 100 is usual.");
        Throws(() => new RangeTest { Smoothing = 1 }, "Smoothing must be at least 0 and below 1 but was 1. 0.98 is usual, 0 is none.");
        Throws(() => new RangeTest { Smoothing = -0.1 }, "Smoothing must be at least 0 and below 1 but was -0.1. 0.98 is usual, 0 is none.");
        Throws(() => new RangeTest { StopFactor = 1 }, "StopFactor must be above 1 but was 1. 4 is usual; infinity never stops.");
        Throws(() => new RangeTest { LowestRate = 1, HighestRate = 1 }.Schedule, "HighestRate must be above the lowest rate, 1, but was 1. The rates of a range test rise.");
    }

    private static void Throws(Func<object> make, string message) => make.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message + "*");

    [TestMethod]
    public void Analyze_SteepestAtAnEnd_IsFoundThere()
    {
        var test = new RangeTest { LowestRate = 1e-6, HighestRate = 1, Steps = 7, Smoothing = 0 };
        test.Analyze([9, 5, 4.9, 4.8, 4.7]).Steepest.Should().BeApproximately(1e-6, 1e-15);
        test.Analyze([9, 8.9, 8.8, 8.7, 3]).Steepest.Should().BeApproximately(1e-2, 1e-12);
        test.Analyze([3, 2, 1]).Rates.Should().HaveCount(3);
    }
}
