using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Plateau;

[TestClass]
public class ReduceOnPlateauTests
{
    [TestMethod]
    public void Observe_PatienceExceeded_LowersTheFactor() => Factors(new() { Factor = 0.5, Patience = 2 }, 1, 1, 1, 1, 1, 1, 1).Should().Equal(1, 1, 1, 0.5, 0.5, 0.5, 0.25);

    [TestMethod]
    public void Observe_Improvement_StartsCountingAgain() => Factors(new() { Factor = 0.5, Patience = 1 }, 1, 1, 0.5, 0.5, 0.5).Should().Equal(1, 1, 1, 1, 0.5);

    [TestMethod]
    public void Observe_RelativeThreshold_NeedsAPartOfTheBest() => Factors(new() { Factor = 0.5, Patience = 0, Threshold = 0.1 }, 10, 9.01, 8.99).Should().Equal(1, 0.5, 0.5);

    [TestMethod]
    public void Observe_AbsoluteThreshold_NeedsADifference() => Factors(new() { Factor = 0.5, Patience = 0, Threshold = 0.1, AbsoluteThreshold = true }, 10, 9.91, 9.89).Should().Equal(1, 0.5, 0.5);

    [TestMethod]
    public void Observe_ExactlyAtTheThreshold_IsNotBetter()
    {
        Factors(new() { Factor = 0.5, Patience = 0, Threshold = 0.5 }, 8, 4).Should().Equal(1, 0.5);
        Factors(new() { Factor = 0.5, Patience = 0, Threshold = 0.5, Maximize = true }, 8, 12).Should().Equal(1, 0.5);
    }

    [TestMethod]
    public void Observe_Maximize_WantsMore()
    {
        Factors(new() { Factor = 0.5, Patience = 0, Maximize = true, Threshold = 0.1 }, 1, 1.11, 1.2).Should().Equal(1, 1, 0.5);
        Factors(new() { Factor = 0.5, Patience = 0, Maximize = true, Threshold = 0.1, AbsoluteThreshold = true }, 5, 5.11, 5.2).Should().Equal(1, 1, 0.5);
    }

    [TestMethod]
    public void Observe_Cooldown_DoesNotCountForAWhile() => Factors(new() { Factor = 0.5, Patience = 1, Cooldown = 2 }, 1, 1, 1, 1, 1, 1, 1).Should().Equal(1, 1, 0.5, 0.5, 0.5, 0.5, 0.25);

    [TestMethod]
    public void Observe_Minimum_IsTheEnd() => Factors(new() { Factor = 0.5, Patience = 0, Minimum = 0.3 }, 1, 1, 1, 1).Should().Equal(1, 0.5, 0.3, 0.3);

    [TestMethod]
    public void Observe_SmallestChange_StopsEarlier() => Factors(new() { Factor = 0.5, Patience = 0, SmallestChange = 0.25 }, 1, 1, 1, 1).Should().Equal(1, 0.5, 0.5, 0.5);

    [TestMethod]
    public void Observe_NotFinite_IsBad() => Factors(new() { Factor = 0.5, Patience = 0 }, double.NaN, 1, double.NaN, double.NegativeInfinity, 0.5).Should().Equal(0.5, 0.5, 0.25, 0.125, 0.125);

    [TestMethod]
    public void Observe_State_IsPlainDataThatSurvivesJson()
    {
        var plateau = new ReduceOnPlateau { Factor = 0.5, Patience = 1, Cooldown = 1 };
        PlateauState state = plateau.Start;
        PlateauState saved = state;
        for (int i = 0; i < 20; i++)
        {
            state = plateau.Observe(state, 1 - i % 3);
            saved = JsonSerializer.Deserialize<PlateauState>(JsonSerializer.Serialize(plateau.Observe(saved, 1 - i % 3)))!;
            saved.Should().Be(state);
        }
        JsonSerializer.Deserialize<ReduceOnPlateau>(JsonSerializer.Serialize(plateau)).Should().Be(plateau);
        JsonSerializer.Deserialize<PlateauState>(JsonSerializer.Serialize(plateau.Start)).Should().Be(plateau.Start);
    }

    [TestMethod]
    public void Observe_DoesNotChangeTheStateBefore()
    {
        var plateau = new ReduceOnPlateau();
        PlateauState start = plateau.Start;
        plateau.Observe(start, 3).Should().Be(new PlateauState(3, 0, 0, 1));
        start.Should().Be(new PlateauState(null, 0, 0, 1));
        plateau.Invoking(p => p.Observe(null!, 1)).Should().Throw<ArgumentNullException>();
    }

    [TestMethod]
    public void Properties_OutOfRange_SayTheRule()
    {
        Throws(() => new ReduceOnPlateau { Factor = 1 }, "Factor must be above 0 and below 1 but was 1. 0.5 halves the rate.");
        Throws(() => new ReduceOnPlateau { Factor = 0 }, "Factor must be above 0 and below 1 but was 0. 0.5 halves the rate.");
        Throws(() => new ReduceOnPlateau { Patience = -1 }, "Patience must be at least 0 but was -1. 0 lowers the rate at the first bad observation.");
        Throws(() => new ReduceOnPlateau { Threshold = -1 }, "Threshold must be a finite number of at least 0 but was -1. 0 counts any improvement.");
        Throws(() => new ReduceOnPlateau { Threshold = double.NaN }, "Threshold must be a finite number of at least 0 but was NaN. 0 counts any improvement.");
        Throws(() => new ReduceOnPlateau { Cooldown = -1 }, "Cooldown must be at least 0 but was -1. 0 counts on at once.");
        Throws(() => new ReduceOnPlateau { Minimum = 2 }, "Minimum must be between 0 and 1 but was 2. It is a part of the rate without reductions.");
        Throws(() => new ReduceOnPlateau { SmallestChange = -1 }, "SmallestChange must be a finite number of at least 0 but was -1. 0 makes every reduction.");
    }

    [TestMethod]
    public void Like_PyTorch_TurnsRatesIntoFactors()
    {
        LrSchedule.Like.PyTorch.ReduceLROnPlateau(0.1).Should().Be(new ReduceOnPlateau { SmallestChange = 1e-8 / 0.1 });
        LrSchedule.Like.PyTorch.ReduceLROnPlateau(0.1, true, 0.5, 3, 0.01, true, 2, 0.001, 1e-4)
            .Should().Be(new ReduceOnPlateau { Maximize = true, Factor = 0.5, Patience = 3, Threshold = 0.01, AbsoluteThreshold = true, Cooldown = 2, Minimum = 0.01, SmallestChange = 1e-3 });
        LrSchedule.Like.ScikitLearn.MlpAdaptive().Should().Be(new ReduceOnPlateau { Factor = 0.2, Patience = 10, Threshold = 1e-4, AbsoluteThreshold = true });
    }

    private static void Throws(Func<object> make, string message) => make.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message + "*");

    private static double[] Factors(ReduceOnPlateau plateau, params double[] metrics)
    {
        PlateauState state = plateau.Start;
        return [.. metrics.Select(metric => (state = plateau.Observe(state, metric)).Factor)];
    }
}
