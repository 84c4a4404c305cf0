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

    private FittedNetwork Fit(int folds, int? shared, int? members, Action<TorchTabularOptions> change, int rows = 120) =>
        context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", options =>
        {
            (options.Folds, options.SharedMembers, options.Members, options.HiddenLayers, options.NumberOfEpochs) = (folds, shared, members, [12], 5);
            change(options);
        })).Fit(context.View(Tables.Rows(rows))).Model.Network;

    private static float[][] Weights(FittedNetwork network) => [.. Enumerable.Range(0, network.Members).Select(member => network.Weights(member).ToArray())];
}
