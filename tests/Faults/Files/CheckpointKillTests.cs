using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Faults.Files;

/// <summary>A process that writes checkpoints is killed at random moments. This tests the process, not the power supply.</summary>
[TestClass]
public sealed class CheckpointKillTests
{
    private const int Weights = 250_000;

    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Save_KilledAtRandom_NoCheckpointIsTornOrLost() => KillRepeatedly(20);

    [TestMethod]
    [TestCategory("Slow")]
    public void Save_KilledAtRandomManyTimes_NoCheckpointIsTornOrLost() => KillRepeatedly(500);

    private void KillRepeatedly(int kills)
    {
        var random = new Random(12345);
        long saved = 0;
        int leftovers = 0;
        for (int i = 0; i < kills; i++)
        {
            using Process writer = ChildProgram.Start(WriteForEver, folder);
            // The first line says that an earlier kill left the folder usable.
            writer.StandardOutput.ReadLine().Should().Be(saved.ToString(CultureInfo.InvariantCulture), "the run continues from the newest checkpoint");
            // Every other kill waits for a write, however slow the machine is at the moment.
            long known = i % 2 == 0 ? long.Parse(writer.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture) : saved;
            Thread.Sleep(random.Next(1, 41));
            writer.Kill();
            long reported = writer.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => long.Parse(line, CultureInfo.InvariantCulture)).LastOrDefault(known);
            writer.WaitForExit();

            IReadOnlyList<string> files = CheckpointFolder.Files(folder);
            foreach (string file in files) RequireWhole(CheckpointFile.Read(file));
            long newest = files.Count == 0 ? 0 : CheckpointFile.Read(files[0]).Step;
            newest.Should().BeGreaterThanOrEqualTo(reported, "what was reported as saved is there");
            if (newest > 1) files.Should().HaveCountGreaterThanOrEqualTo(2, "the previous one is kept");
            leftovers += Directory.GetFiles(folder, ".mlnetlr-*").Length;
            saved = newest;
        }
        saved.Should().BeGreaterThan(0, "some checkpoints were completed");
        leftovers.Should().BeGreaterThan(0, "some kills came in the middle of a write");

        CheckpointFolder.Open(new CheckpointOptions { Folder = folder }, saved).Dispose();
        Directory.GetFiles(folder, ".mlnetlr-*").Should().BeEmpty("the next start removes what was left");
    }

    private static void RequireWhole(Checkpoint checkpoint)
    {
        ReadOnlySpan<float> weights = checkpoint.Tensor<float>("weights");
        weights.Length.Should().Be(Weights);
        weights.ContainsAnyExcept((float)checkpoint.Step).Should().BeFalse("a checkpoint is of one step");
    }

    private static int WriteForEver(string folder)
    {
        long step = CheckpointFolder.Files(folder).Count == 0 ? 0 : CheckpointFolder.Read(folder).Step;
        using CheckpointFolder held = CheckpointFolder.Open(new CheckpointOptions { Folder = folder, KeepBest = false }, step);
        Console.WriteLine(step);
        var weights = new float[Weights];
        while (true)
        {
            weights.AsSpan().Fill(++step);
            held.Save(new Checkpoint.Builder().Add("weights", (ReadOnlyMemory<float>)weights).Build(step));
            Console.WriteLine(step);
        }
    }
}
