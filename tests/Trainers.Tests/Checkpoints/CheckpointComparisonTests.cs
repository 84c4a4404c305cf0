using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Checkpoints;

[TestClass]
public sealed class CheckpointComparisonTests
{
    private static readonly Checkpoint checkpoint = new Checkpoint.Builder()
        .Add("data", "rows 100").Add("network", "Dense(10, 1)").Add("optimizer", "adam(1e-3)").Add("plan", $"{new string('a', 200)}X{new string('b', 200)}").Build(7);

    [TestMethod]
    public void RequireSameRun_EqualParts_Passes()
    {
        Action act = () => CheckpointComparison.RequireSameRun(checkpoint, [new("data", "rows 100"), new("optimizer", "adam(1e-3)")]);
        act.Should().NotThrow();
    }

    [TestMethod]
    public void RequireSameRun_SeveralDifferences_NamesTheFirst()
    {
        Action act = () => CheckpointComparison.RequireSameRun(checkpoint, [new("data", "rows 100"), new("network", "Dense(11, 1)"), new("optimizer", "sgd(1)")]);
        act.Should().Throw<CheckpointMismatchException>()
            .WithMessage("The network must be the one of the checkpoint of step 7, 'Dense(10, 1)', but was 'Dense(11, 1)'. Restore it, or start a new run.")
            .Which.What.Should().Be("network");
    }

    [TestMethod]
    public void RequireSameRun_LongTexts_ShowsThePlaceOfTheDifference()
    {
        Action act = () => CheckpointComparison.RequireSameRun(checkpoint, [new("plan", $"{new string('a', 200)}Y{new string('b', 200)}")]);
        act.Should().Throw<CheckpointMismatchException>().WithMessage("*'...aaa*aaaXbbb*bbb...', but was '...aaa*aaaYbbb*bbb...' (at character 200)*")
            .Which.Message.Length.Should().BeLessThan(400);
    }

    [TestMethod]
    public void RequireSameRun_PartThatTheCheckpointLacks_IsADifference()
    {
        Action act = () => CheckpointComparison.RequireSameRun(checkpoint, [new("schedule", "hold()")]);
        act.Should().Throw<CheckpointMismatchException>().WithMessage("*the checkpoint of step 7 says nothing about its schedule.*").Which.What.Should().Be("schedule");
    }
}
