using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>An interrupted fit of several members ends with the bits of the fit that was not. The oracle is that fit.</summary>
[TestClass]
public sealed class MemberCheckpointTests
{
    private readonly MLContext context = new(seed: 1);
    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-members-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    [DataRow(0, null, 3, DisplayName = "members")]
    [DataRow(3, null, null, DisplayName = "held-out folds")]
    [DataRow(0, 2, 2, DisplayName = "members that share weights")]
    public void Resume_SomeMembersDoneSomeBegunSomeNot_EndsWithTheSameBits(int folds, int? shared, int? members)
    {
        FittedNetwork whole = Fit(folds, shared, members, _ => { });
        FittedNetwork watched = Fit(folds, shared, members, options => options.Checkpoints = new CheckpointOptions { Folder = folder, KeepLast = 100 });
        Weights(watched).Should().BeEquivalentTo(Weights(whole), "writing checkpoints changes nothing");

        // As an interruption leaves them: the first member done, the last never begun, those between in the midst of it.
        string[] runs = [.. Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Where(run => CheckpointFolder.Files(run).Count > 0).Order(StringComparer.Ordinal)];
        runs.Length.Should().Be(folds > 0 ? 2 * folds : members!.Value);
        Directory.Delete(runs[^1], recursive: true);
        foreach (string run in runs[1..^1])
            foreach (string file in CheckpointFolder.Files(run).SkipLast(1)) File.Delete(file);

        FittedNetwork resumed = Fit(folds, shared, members, options =>
        {
            options.Checkpoints = new CheckpointOptions { Folder = folder, KeepLast = 100 };
            options.ResumeFrom = folder;
        });
        Weights(resumed).Should().BeEquivalentTo(Weights(whole));
    }

    [TestMethod]
    public void Resume_FolderWithoutCheckpoints_SaysSo()
    {
        FluentActions.Invoking(() => Fit(0, null, 2, options => options.ResumeFrom = folder)).Should().Throw<FileNotFoundException>().WithMessage("ResumeFrom must be the folder*");
        FluentActions.Invoking(() => Fit(0, null, 2, options => options.ResumeFrom = Path.Combine(folder, "nowhere"))).Should().Throw<FileNotFoundException>().WithMessage("ResumeFrom must be*");
    }

    [TestMethod]
    public void Resume_OtherRows_IsRefused()
    {
        Fit(0, null, 2, options => options.Checkpoints = new CheckpointOptions { Folder = folder });
        FluentActions.Invoking(() => Fit(0, null, 2, options => options.ResumeFrom = folder, rows: 150)).Should().Throw<CheckpointMismatchException>();
    }

    [TestMethod]
    [DataRow(0, 4, "*must be a folder with the runs member-0-of-4/length-0.25, *member-3-of-4/length-1 (8 runs) but*has member-0, member-1.*", DisplayName = "members, then folds")]
    [DataRow(4, 0, "*must be a folder with the runs member-0, member-1 but*has member-0-of-4/length-0.25, *member-3-of-4/length-1 (8 runs).*", DisplayName = "folds, then members")]
    [DataRow(4, 3, "*(6 runs) but*(8 runs).*", DisplayName = "fewer folds")]
    [DataRow(3, 4, "*(8 runs) but*(6 runs).*", DisplayName = "more folds")]
    public void Resume_OtherFolds_SaysWhatIsThereAndWhatShouldBe(int before, int now, string message)
    {
        Fit(before, null, before > 0 ? null : 2, options => options.Checkpoints = new CheckpointOptions { Folder = folder });
        FluentActions.Invoking(() => Fit(now, null, now > 0 ? null : 2, options => options.ResumeFrom = folder)).Should().Throw<CheckpointMismatchException>().WithMessage(message);
    }

    [TestMethod]
    public void Progress_SeveralRuns_SaysWhichOne()
    {
        Runs(0, 1).Should().Equal("");
        Runs(0, 2).Should().Equal("member-0", "member-1");
        Runs(2, null).Should().Equal("member-0-of-2/length-0.25", "member-0-of-2/length-1", "member-1-of-2/length-0.25", "member-1-of-2/length-1");

        IEnumerable<string> Runs(int folds, int? members)
        {
            var told = new List<TrainingProgress>();
            Fit(folds, null, members, options => options.Progress = new Listener(told.Add));
            foreach (IGrouping<string, TrainingProgress> run in told.GroupBy(each => each.Run))
                run.Select(each => each.Epoch).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
            return told.Select(each => each.Run).Distinct().Order(StringComparer.Ordinal);
        }
    }

    [TestMethod]
    public void Resume_SingleMemberFromSeveral_SaysWhatIsThere()
    {
        Fit(0, null, 2, options => options.Checkpoints = new CheckpointOptions { Folder = folder });
        FluentActions.Invoking(() => Fit(0, null, 1, options => options.ResumeFrom = folder)).Should().Throw<CheckpointMismatchException>().WithMessage("*has member-0, member-1.*");
        FluentActions.Invoking(() => Fit(0, null, 2, options => options.ResumeFrom = Path.Combine(folder, "member-0"))).Should().Throw<CheckpointMismatchException>()
            .WithMessage("*must be a folder with the runs member-0, member-1 but*has a single run.*");
    }

    [TestMethod]
    public void Resume_FileOfAMember_AsksForTheFolderOfTheModel()
    {
        Fit(0, null, 2, options => options.Checkpoints = new CheckpointOptions { Folder = folder });
        string file = CheckpointFolder.Files(Path.Combine(folder, "member-0"))[0];
        FluentActions.Invoking(() => Fit(0, null, 2, options => options.ResumeFrom = file)).Should().Throw<CheckpointMismatchException>()
            .WithMessage("ResumeFrom must be the model's folder, which has those of its members, but was the file *");
    }

    [TestMethod]
    public void ResumeWithDecay_EachMemberHasACheckpoint_BranchesAndOtherwiseSaysWhichHasNone()
    {
        void Stable(TorchTabularOptions options) => (options.Schedule, options.Checkpoints) = (LrSchedule.Constant, new CheckpointOptions { Folder = folder });
        void Branch(TorchTabularOptions options) => (options.Schedule, options.ResumeFrom, options.ResumeWithDecay) = (LrSchedule.Constant, folder, LrSchedule.Linear(4.Steps()));
        FittedNetwork stable = Fit(0, null, 2, Stable);
        Weights(Fit(0, null, 2, Branch)).Should().NotBeEquivalentTo(Weights(stable));

        Directory.Delete(Path.Combine(folder, "member-1"), recursive: true);
        FluentActions.Invoking(() => Fit(0, null, 2, Branch)).Should().Throw<FileNotFoundException>().WithMessage("ResumeFrom must have a checkpoint of each member to branch off but*has none of member-1.*");
    }

    private FittedNetwork Fit(int folds, int? shared, int? members, Action<TorchTabularOptions> change, int rows = 120) =>
        context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", options =>
        {
            (options.Folds, options.SharedMembers, options.Members, options.HiddenLayers, options.NumberOfEpochs) = (folds, shared, members, [12], 5);
            change(options);
        })).Fit(context.View(Tables.Rows(rows))).Model.Network;

    private sealed class Listener(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }

    private static float[][] Weights(FittedNetwork network) => [.. Enumerable.Range(0, network.Members).Select(member => network.Weights(member).ToArray())];
}
