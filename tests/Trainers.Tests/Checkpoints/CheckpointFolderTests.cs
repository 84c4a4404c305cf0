using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Trainers.Tests.Checkpoints;

[TestClass]
public sealed class CheckpointFolderTests
{
    private readonly string root = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    private string Folder => Path.Combine(root, "run");

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(root, recursive: true);

    [TestMethod]
    public void IsDue_EachOccasion_IsAsked()
    {
        var clock = new ManualClock();
        using CheckpointFolder folder = Open(options => (options.EverySteps, options.EveryEpochs, options.EveryMinutes) = (10, 3, 2), time: clock);

        folder.IsDue(9, null).Should().BeFalse();
        folder.IsDue(10, null).Should().BeTrue();
        folder.IsDue(11, completedEpochs: 2).Should().BeFalse();
        folder.IsDue(11, completedEpochs: 3).Should().BeTrue();
        clock.Advance(TimeSpan.FromMinutes(1.99));
        folder.IsDue(12, null).Should().BeFalse();
        clock.Advance(TimeSpan.FromMinutes(0.02));
        folder.IsDue(12, null).Should().BeTrue();
        folder.Save(Samples.Small(step: 12));
        folder.IsDue(13, null).Should().BeFalse("the time starts again with each checkpoint");
        folder.Save(Samples.Small(step: 20));
        folder.IsDue(20, completedEpochs: 3).Should().BeFalse("this step has been written");
    }

    [TestMethod]
    public void IsDue_NoOccasionSet_IsOncePerEpoch()
    {
        using CheckpointFolder folder = Open();
        (folder.IsDue(5, null), folder.IsDue(5, completedEpochs: 1)).Should().Be((false, true));
    }

    [TestMethod]
    public void Save_ManyCheckpoints_KeepsTheLastAndTheBest()
    {
        using CheckpointFolder folder = Open(options => options.KeepLast = 2);
        double?[] scores = [3, 1, 2, double.NaN, null, 1.5];
        for (int i = 0; i < scores.Length; i++)
            folder.Save(Samples.Small(step: (i + 1) * 100, score: scores[i]));

        CheckpointFolder.Files(Folder).Select(Path.GetFileName).Should().Equal("checkpoint-000000000600.safetensors", "checkpoint-000000000500.safetensors", "checkpoint-000000000200.safetensors");
        folder.Best.Should().EndWith("checkpoint-000000000200.safetensors");
    }

    [TestMethod]
    public void Save_AfterResume_StillKnowsTheBest()
    {
        using (CheckpointFolder first = Open(options => options.KeepLast = 1))
        {
            first.Save(Samples.Small(step: 100, score: 1));
            first.Save(Samples.Small(step: 200, score: 2));
        }
        using CheckpointFolder second = Open(options => options.KeepLast = 1, startStep: 200);
        second.Save(Samples.Small(step: 300, score: 3));

        CheckpointFolder.Files(Folder).Select(Path.GetFileName).Should().Equal("checkpoint-000000000300.safetensors", "checkpoint-000000000100.safetensors");
    }

    [TestMethod]
    public void Save_WithoutKeepBest_KeepsTheLastOnly()
    {
        using CheckpointFolder folder = Open(options => (options.KeepBest, options.KeepLast) = (false, 1));
        for (int step = 1; step <= 3; step++) folder.Save(Samples.Small(step, score: step));

        CheckpointFolder.Files(Folder).Should().ContainSingle().Which.Should().EndWith("3.safetensors");
    }

    [TestMethod]
    public void Save_EachOperationFailing_NeverLosesTheNewestAndThePreviousCheckpoint()
    {
        bool saved = false;
        for (int failAt = 0; !saved; failAt++)
        {
            string place = Path.Combine(root, failAt.ToString(System.Globalization.CultureInfo.InvariantCulture));
            using (CheckpointFolder sound = CheckpointFolder.Open(new CheckpointOptions { Folder = place, KeepBest = false }))
                for (int step = 1; step <= 2; step++) sound.Save(Samples.Small(step));
            var files = new FaultyFiles(operations: failAt);
            try
            {
                using CheckpointFolder folder = CheckpointFolder.Open(new CheckpointOptions { Folder = place, KeepBest = false }, startStep: 2, files: files);
                folder.Save(Samples.Small(step: 3));
                saved = true;
            }
            catch (IOException)
            {
            }
            CheckpointFolder.Read(place).Step.Should().BeOneOf(2, 3);
            foreach (string path in CheckpointFolder.Files(place)) CheckpointFile.Read(path).Step.Should().BeInRange(1, 3);
            CheckpointFolder.Files(place).Should().HaveCountGreaterThanOrEqualTo(2);
            if (saved) failAt.Should().BeGreaterThan(8, "the probe, the write and the removal of the oldest were each made to fail");
        }
    }

    [TestMethod]
    public void Read_DamagedNewest_FallsBackToThePreviousAndSaysSo()
    {
        using (CheckpointFolder folder = Open())
            for (int step = 1; step <= 2; step++) folder.Save(Samples.Small(step));
        string newest = CheckpointFolder.Files(Folder)[0];
        File.WriteAllBytes(newest, File.ReadAllBytes(newest)[..100]);
        List<string> log = [];

        CheckpointFolder.Read(Folder, log.Add).Step.Should().Be(1);

        log.Should().ContainSingle().Which.Should().Contain(newest);
        using CheckpointFolder resumed = Open(startStep: 1);
        File.Exists(newest + ".damaged").Should().BeTrue("it is set aside, not removed");
        File.Exists(newest).Should().BeFalse();
    }

    [TestMethod]
    public void Read_NothingUsable_SaysWhat()
    {
        Action missing = () => CheckpointFolder.Read(Folder);
        missing.Should().Throw<FileNotFoundException>().WithMessage("*does not exist. Leave it out to start anew.");
        Directory.CreateDirectory(Folder);
        Action empty = () => CheckpointFolder.Read(Folder);
        empty.Should().Throw<FileNotFoundException>().WithMessage("*has none. Leave it out to start anew.");
        File.WriteAllText(Path.Combine(Folder, "checkpoint-000000000001.safetensors"), "");
        Action damaged = () => CheckpointFolder.Read(Folder);
        damaged.Should().Throw<InvalidDataException>().WithMessage("No checkpoint in * can be used. * is damaged at byte 0*");
    }

    [TestMethod]
    public void Open_CheckpointsOfLaterSteps_IsRefusedAndLeavesThem()
    {
        using (CheckpointFolder folder = Open()) folder.Save(Samples.Small(step: 5));

        Action act = () => Open(startStep: 4).Dispose();
        act.Should().Throw<IOException>().WithMessage("*has 'checkpoint-000000000005.safetensors', of a later step than 4, from which this run starts. Set ResumeFrom*");
        CheckpointFile.Read(CheckpointFolder.Files(Folder)[0]).Step.Should().Be(5);
        Open(startStep: 5).Dispose();
    }

    [TestMethod]
    public void Open_Leftovers_RemovesOnlyItsOwn()
    {
        Directory.CreateDirectory(Folder);
        string own = Path.Combine(Folder, $".mlnetlr-{Guid.NewGuid():N}.tmp");
        string[] foreign = [Path.Combine(Folder, ".mlnetlr-notes.tmp"), Path.Combine(Folder, "x.tmp"), Path.Combine(Folder, "checkpoint-1.safetensors"), Path.Combine(Folder, "checkpoint-best.safetensors")];
        foreach (string path in foreign.Append(own)) File.WriteAllText(path, "x");

        using CheckpointFolder folder = Open();
        for (int step = 1; step <= 5; step++) folder.Save(Samples.Small(step));

        File.Exists(own).Should().BeFalse();
        foreign.Should().OnlyContain(path => File.Exists(path));
    }

    [TestMethod]
    public void Open_FolderHeldByThisProcess_IsRefusedUntilItIsFree()
    {
        using (Open())
        {
            Action act = () => Open();
            act.Should().Throw<IOException>().WithMessage($"The checkpoint folder '{Folder}' is in use by another run. Wait for its end, or choose another folder.");
        }
        Open().Dispose();
    }

    [TestMethod]
    public void Open_FolderHeldByAProcessThatIsKilled_IsRefusedThenFree()
    {
        using System.Diagnostics.Process other = ChildProgram.Start(HoldForEver, Folder);
        other.StandardOutput.ReadLine().Should().Be("held");

        Action act = () => Open().Dispose();
        act.Should().Throw<IOException>().WithMessage("*is in use by another run.*");
        other.Kill();
        other.WaitForExit();
        Open().Dispose();
    }

    [TestMethod]
    public void Open_PathThatIsAFile_SaysSoBeforeAnythingIsTrained()
    {
        File.WriteAllText(Folder, "");
        Action act = () => Open();
        act.Should().Throw<IOException>().WithMessage($"The checkpoint folder '{Folder}' cannot be used: * Nothing was trained. Choose a folder that this user may write to.");
    }

    [TestMethod]
    public void Open_FolderThatCannotBeWrittenTo_SaysSoBeforeAnythingIsTrained()
    {
        Directory.CreateDirectory(Folder);
        Action act = () => CheckpointFolder.Open(new CheckpointOptions { Folder = Folder }, files: new FaultyFiles(operations: 0)).Dispose();
        act.Should().Throw<IOException>().WithMessage("*cannot be used: Input/output error (made by the test). Nothing was trained.*");
        Open().Dispose();
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Open_ReadOnlyFolder_SaysSoBeforeAnythingIsTrained()
    {
        Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        // The administrator may write everywhere but there.
        string folder = Environment.IsPrivilegedProcess && OperatingSystem.IsLinux() ? "/proc/mlnetlr" : Folder;
        Action act = () => Open(options => options.Folder = folder);
        act.Should().Throw<IOException>().WithMessage("*cannot be used*Nothing was trained.*");
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }

    [TestMethod]
    public void Options_OutOfRange_AreRefusedByName()
    {
        (Action<CheckpointOptions> Set, string Message)[] cases =
        [
            (options => options.Folder = " ", "Folder must be a folder's path but was empty.*"),
            (options => options.EveryEpochs = 0, "EveryEpochs must be 1 or more, or null but was 0.*"),
            (options => options.EverySteps = -1, "EverySteps must be 1 or more, or null but was -1.*"),
            (options => options.EveryMinutes = 0, "EveryMinutes must be above 0 and at most 1000000, or null but was 0.*"),
            (options => options.EveryMinutes = double.NaN, "EveryMinutes must be * but was NaN.*"),
            (options => options.EveryMinutes = double.PositiveInfinity, "EveryMinutes must be *"),
            (options => options.KeepLast = 0, "KeepLast must be 1 or more but was 0.*"),
        ];
        foreach ((Action<CheckpointOptions> set, string message) in cases)
        {
            Action act = () => Open(set);
            act.Should().Throw<ArgumentException>().WithMessage(message);
        }
    }

    [TestMethod]
    public void Options_ChangedAfterwards_HaveNoEffect()
    {
        var options = new CheckpointOptions { Folder = Folder, EverySteps = 2 };
        using CheckpointFolder folder = CheckpointFolder.Open(options);
        (options.EverySteps, options.KeepLast, options.Folder) = (1, 0, "");

        folder.IsDue(1, null).Should().BeFalse();
        folder.Save(Samples.Small()).Should().StartWith(Folder);
    }

    private CheckpointFolder Open(Action<CheckpointOptions>? set = null, long startStep = 0, TimeProvider? time = null)
    {
        var options = new CheckpointOptions { Folder = Folder };
        set?.Invoke(options);
        return CheckpointFolder.Open(options, startStep, time);
    }

    private static int HoldForEver(string folder)
    {
        using CheckpointFolder held = CheckpointFolder.Open(new CheckpointOptions { Folder = folder });
        Console.WriteLine("held");
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private sealed class ManualClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }
}
