using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Tensorboard;
using TorchSharp;
using TorchSharp.Utils;

namespace Trainers.Tests.History;

/// <summary>Reads the files back with the protocol-buffer classes and the check sum that TorchSharp has for TensorBoard.</summary>
[TestClass]
public sealed class TensorBoardLogTests
{
    private static readonly DateTimeOffset start = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void WriteTensorBoard_History_GivesEachCurveAtItsSteps()
    {
        var history = new TrainingHistory(
            ["all", "head"],
            [
                new EpochRecord(0, 10, 2.5, double.NaN, [0.1, 0.2], 3, 1.5, 1000),
                new EpochRecord(1, 300, 1.25, 1.5, [0.05, 0.1], 2, 4, 2000) { ValidationMetrics = ImmutableSortedDictionary<string, double>.Empty.Add("Genauigkeit ü", 0.75), TrainingMetrics = ImmutableSortedDictionary<string, double>.Empty.Add("RSquared", 0.5).Add("none", double.NaN) },
            ],
            [new StepRecord(150, 2, [0.3, 0.4], double.PositiveInfinity)]);

        Event[] events = ReadEvents(history.WriteTensorBoard(Path.Combine(folder, "runs", "a"), start));

        events[0].FileVersion.Should().Be("brain.Event:2");
        events[0].WallTime.Should().Be(1_700_000_000);
        events.Skip(1).Select(Describe).Should().BeEquivalentTo(
            "150 +2 step/loss 2", "150 +2 step/rate/all 0.3", "150 +2 step/rate/head 0.4", "150 +2 step/gradient_norm Infinity",
            "10 +1.5 loss/training 2.5", "10 +1.5 rate/all 0.1", "10 +1.5 rate/head 0.2", "10 +1.5 gradient_norm 3", "10 +1.5 rows_per_second 1000",
            "300 +4 loss/training 1.25", "300 +4 loss/validation 1.5", "300 +4 validation/Genauigkeit ü 0.75", "300 +4 training/RSquared 0.5", "300 +4 rate/all 0.05", "300 +4 rate/head 0.1",
            "300 +4 gradient_norm 2", "300 +4 rows_per_second 2000");
    }

    [TestMethod]
    public void WriteTensorBoard_Twice_MakesTwoFiles()
    {
        var empty = new TrainingHistory([], [], []);
        empty.WriteTensorBoard(folder);
        ReadEvents(empty.WriteTensorBoard(folder)).Should().ContainSingle();
        Directory.GetFiles(folder, "events.out.tfevents.*").Should().HaveCount(2);
    }

    [TestMethod]
    public void WriteTensorBoard_SameValues_AreThoseOfTorchSharpsWriter()
    {
        Libtorch.EnsureLoaded();
        torch.utils.tensorboard.SummaryWriter(folder).add_scalar("loss/training", 2.5f, 10, walltime: 1_700_000_001);
        string theirs = Directory.GetFiles(folder).Single();
        var history = new TrainingHistory([], [new EpochRecord(0, 10, 2.5, double.NaN, [], double.NaN, 1, double.NaN)], []);

        string ours = history.WriteTensorBoard(Path.Combine(folder, "ours"), start);

        // Theirs is the same but for the first record's time, which it writes in another unit.
        byte[] first = File.ReadAllBytes(theirs), second = File.ReadAllBytes(ours);
        int skipped = 8 + 4 + (int)BitConverter.ToInt64(first) + 4;
        second.AsSpan(skipped).ToArray().Should().Equal(first.AsSpan(skipped).ToArray());
    }

    private static string Describe(Event item) =>
        FormattableString.Invariant($"{item.Step} +{item.WallTime - 1_700_000_000:r} {item.Summary.Value.Single().Tag} {item.Summary.Value.Single().SimpleValue}");

    private static Event[] ReadEvents(string path)
    {
        Libtorch.EnsureLoaded();
        List<Event> events = [];
        byte[] file = File.ReadAllBytes(path);
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BitConverter.ToInt64(file, at);
            BitConverter.ToUInt32(file, at + 8).Should().Be(Masked(file[at..(at + 8)]));
            byte[] body = file[(at + 12)..(at + 12 + length)];
            BitConverter.ToUInt32(file, at + 12 + length).Should().Be(Masked(body));
            events.Add(Event.Parser.ParseFrom(body));
            at += 16 + length;
        }
        return [.. events];
    }

    private static uint Masked(byte[] bytes) => System.Numerics.BitOperations.RotateRight(CRC32C.process(bytes), 15) + 0xa282ead8;
}
