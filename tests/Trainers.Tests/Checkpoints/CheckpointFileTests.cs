using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Checkpoints;

[TestClass]
public sealed class CheckpointFileTests
{
    private const int HashOffset = 8 + 27;

    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void WriteAndRead_EverythingInIt_ComesBackBitForBit()
    {
        string longText = string.Concat(Enumerable.Repeat("epoch, löss\n", 1000));
        var builder = new Checkpoint.Builder()
            .Add("w", (ReadOnlyMemory<float>)new[] { float.Epsilon, -0f, float.MaxValue, 1 / 3f }, 2, 2)
            .Add("moments", (ReadOnlyMemory<double>)new[] { double.Epsilon, Math.PI })
            .Add("generator", (ReadOnlyMemory<long>)new[] { long.MinValue, -1 })
            .Add("odd", (ReadOnlyMemory<byte>)new byte[] { 1, 2, 3 })
            .Add("empty", (ReadOnlyMemory<float>)Array.Empty<float>())
            .Add("history", longText).Add("note", "").Add("plan", "rows 100\nbatch \"10\"\u0007 😀")
            .Add("third", 1d / 3).Add("best", double.PositiveInfinity).Add("last", double.NaN).Add("position", long.MaxValue);

        Checkpoint read = Samples.Read(Samples.FileOf(builder.Build(long.MaxValue, -1 / 3d), folder));

        read.Step.Should().Be(long.MaxValue);
        read.Score.Should().Be(-1 / 3d);
        read.Tensor<float>("w").ToArray().Select(BitConverter.SingleToInt32Bits).Should().Equal(new[] { float.Epsilon, -0f, float.MaxValue, 1 / 3f }.Select(BitConverter.SingleToInt32Bits));
        read.Tensors.Single(tensor => tensor.Name == "w").Shape.Should().Equal(2, 2);
        read.Tensor<double>("moments").ToArray().Should().Equal(double.Epsilon, Math.PI);
        read.Tensor<long>("generator").ToArray().Should().Equal(long.MinValue, -1);
        read.Tensor<byte>("odd").ToArray().Should().Equal(1, 2, 3);
        read.Tensor<float>("empty").Length.Should().Be(0);
        read.Text("history").Should().Be(longText);
        read.Text("note").Should().BeEmpty();
        read.Text("plan").Should().Be("rows 100\nbatch \"10\"\u0007 😀");
        (read.Number("third"), read.Number("best"), read.Number("last"), read.Integer("position")).Should().Be((1d / 3, double.PositiveInfinity, double.NaN, long.MaxValue));
        read.TextOrNull("none").Should().BeNull();
        read.HasTensor("none").Should().BeFalse();
    }

    [TestMethod]
    public void Write_SameCheckpointTwice_GivesTheSameBytes() =>
        Samples.FileOf(Samples.Small(), folder).Should().Equal(Samples.FileOf(Samples.Small(), folder));

    [TestMethod]
    public void Write_Result_IsAPlainSafetensorsFileWithoutNamesOfTypesOrPaths()
    {
        byte[] file = Samples.FileOf(Samples.Small(), folder);

        using var stream = new MemoryStream(file);
        using SafetensorsReader reader = SafetensorsReader.Open(stream, "a", leaveOpen: true);
        reader.Header.Tensors.Select(tensor => $"{tensor.Name} {tensor.Type}").Should().Equal("optimizer.step I64", "layers.0.weight F32");
        reader.Header.Tensors.Should().OnlyContain(tensor => tensor.Offset % tensor.Type.Size() == 0);
        reader.Header.Metadata.Keys.Should().BeEquivalentTo("sha256", "format", "format_version", "step", "score", "run.schedule", "run.early_stopping.best");
        Encoding.Latin1.GetString(file).Should().NotContainAny("Microsoft", "System.", "Version=", folder);
    }

    [TestMethod]
    public void Read_EveryTruncationAndOneByteMore_IsRefused()
    {
        byte[] file = Samples.FileOf(Samples.Small(), folder);
        for (int length = 0; length < file.Length; length++) Refuse(file[..length]);
        Refuse([.. file, 0]);
    }

    [TestMethod]
    public void Read_AnySingleBitFlipped_IsRefused()
    {
        Checkpoint sample = new Checkpoint.Builder().Add("w", (ReadOnlyMemory<float>)Enumerable.Range(0, 800).Select(i => MathF.Sin(i)).ToArray()).Add("history", new string('h', 100)).Build(1, 0.5);
        byte[] file = Samples.FileOf(sample, folder);
        file.Length.Should().BeInRange(3500, 4500, "about 4 KB are promised");
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Refuse(file);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Samples.Read(file).Step.Should().Be(1);
    }

    [TestMethod]
    public void Read_RandomBitOfALargeFile_IsRefused()
    {
        byte[] file = Samples.FileOf(new Checkpoint.Builder().Add("w", (ReadOnlyMemory<float>)new float[25_000]).Build(1), folder);
        Gen.Int[0, file.Length * 8 - 1].Sample(bit =>
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Refuse(file);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }, iter: 1000, threads: 1);
    }

    [TestMethod]
    public void Read_ChangedBytesUnderARecomputedHash_LoadOrAreRefusedInLittleMemory() => Forge(10_000);

    [TestMethod]
    [TestCategory("Slow")]
    public void Read_ManyChangedBytesUnderARecomputedHash_LoadOrAreRefusedInLittleMemory() => Forge(100_000);

    [TestMethod]
    [DataRow("mlnetlr.checkpoint\",\"format_version\":\"1\"", "mlnetlr.checkpoint\",\"format_version\":\"2\"", "*is a checkpoint of format version '2', and this version of the library reads version 1. Use the version that wrote it, or a later one.")]
    [DataRow("mlnetlr.checkpoint", "another.checkpoint", "*is not a checkpoint of this library: its header has no format 'mlnetlr.checkpoint'.")]
    [DataRow("\"step\":\"12\"", "\"step\":\"-1\"", "*does not say its step.")]
    [DataRow("\"score\":\"0.25\"", "\"score\":\"high\"", "*has the score 'high', which must be a number.")]
    [DataRow("run.schedule", "foo.schedule", "*has the unknown text 'foo.schedule'.")]
    [DataRow("\"sha256\"", "\"sha257\"", "*a checkpoint's header must start with its sha256.")]
    public void Read_ForgedHeader_SaysWhatIsWrong(string text, string forged, string message)
    {
        byte[] file = Replace(Samples.FileOf(Samples.Small(), folder), text, forged);
        Rehash(file);

        Action act = () => Samples.Read(file);
        act.Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [TestMethod]
    public void Read_PlainSafetensorsFile_IsRefused()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [], [Tensor.Of<float>("w", new float[3])]);

        Action act = () => Samples.Read(stream.ToArray());
        act.Should().Throw<InvalidDataException>().WithMessage("'a.safetensors' is not a checkpoint of this library*");
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void WriteAndRead_NonFiniteWeight_AreRefusedUnlessAllowed(float weight)
    {
        string path = Path.Combine(folder, "a");
        Action write = () => CheckpointFile.Write(path, Samples.Small(weight: weight));
        write.Should().Throw<ArgumentException>().WithMessage("The checkpoint of step 12 was not written: tensor 'layers.0.weight' has at position 0 a value that is infinite or not a number.*");
        Directory.GetFiles(folder).Should().BeEmpty();

        byte[] file = Samples.FileOf(Samples.Small(weight: weight), folder, allowNonFinite: true);
        Action read = () => Samples.Read(file);
        read.Should().Throw<InvalidDataException>().WithMessage("'a.safetensors' cannot be used: tensor 'layers.0.weight'*");
        Samples.Read(file, allowNonFinite: true).Tensor<float>("layers.0.weight")[0].Should().Be(weight);
    }

    [TestMethod]
    public void Read_WhatTheRunNeedsIsMissing_SaysWhat()
    {
        Checkpoint read = Samples.Read(Samples.FileOf(Samples.Small(), folder));
        (Action Act, string Message)[] cases =
        [
            (() => read.Text("plan"), "'a.safetensors' has no text 'plan', which a checkpoint of this run must have."),
            (() => read.Number("schedule"), "'a.safetensors' has the text 'warmup(5ep) > hold(10ep)' as 'schedule', which must be a number."),
            (() => read.Integer("early_stopping.best"), "'a.safetensors' has the text '0.1' as 'early_stopping.best', which must be a whole number."),
            (() => read.Tensor<float>("x"), "'a.safetensors' has no tensor 'x', which a checkpoint of this run must have."),
            (() => read.Tensor<double>("layers.0.weight"), "'a.safetensors' has tensor 'layers.0.weight' as F32, which must be F64."),
            (() => read.CopyTensor("layers.0.weight", new float[4]), "'a.safetensors' has 3 values in tensor 'layers.0.weight', which must have 4."),
        ];
        foreach ((Action act, string message) in cases) act.Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [TestMethod]
    public void Builder_NameTwiceOrReserved_IsRefused()
    {
        Action[] acts =
        [
            () => new Checkpoint.Builder().Add("a", "").Add("a", 1L),
            () => new Checkpoint.Builder().Add("a", (ReadOnlyMemory<float>)new float[1]).Add("a", (ReadOnlyMemory<long>)new long[1]),
            () => new Checkpoint.Builder().Add("text.a", (ReadOnlyMemory<byte>)new byte[1]),
            () => new Checkpoint.Builder().Add("", ""),
        ];
        foreach (Action act in acts) act.Should().Throw<ArgumentException>();
    }

    [TestMethod]
    public void Read_FileOfVersion1_KeepsLoading()
    {
        Checkpoint read = CheckpointFile.Read(Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Golden", "v1.safetensors"));

        read.Step.Should().Be(12);
        read.Score.Should().Be(0.25);
        read.Tensor<float>("layers.0.weight").ToArray().Should().Equal(1.5f, -2, 0);
        read.Tensor<long>("optimizer.step").ToArray().Should().Equal(12);
        read.Text("schedule").Should().Be("warmup(5ep) > hold(10ep)");
        read.Number("early_stopping.best").Should().Be(0.1);
    }

    [TestMethod]
    public void Write_DiskFullAtEveryByte_ThrowsAndLeavesTheOldFile()
    {
        string path = Path.Combine(folder, "a");
        CheckpointFile.Write(path, Samples.Small(step: 1));
        byte[] old = File.ReadAllBytes(path);
        byte[] renewed = Samples.FileOf(Samples.Small(step: 2), folder);
        for (int space = 0; space < renewed.Length; space++)
        {
            Action act = () => CheckpointFile.Write(path, Samples.Small(step: 2), new FaultyFiles(bytes: space));
            act.Should().Throw<IOException>($"only {space} bytes are free");
            File.ReadAllBytes(path).Should().Equal(old);
            Directory.GetFiles(folder).Should().ContainSingle("the temporary file is removed");
        }
        CheckpointFile.Write(path, Samples.Small(step: 2), new FaultyFiles(bytes: renewed.Length));
        File.ReadAllBytes(path).Should().Equal(renewed);
    }

    [TestMethod]
    public void Write_EachOperationFailing_ThrowsAndLeavesTheOldFileOrTheNewOne()
    {
        string path = Path.Combine(folder, "a");
        CheckpointFile.Write(path, Samples.Small(step: 1));
        byte[] old = File.ReadAllBytes(path);
        byte[] renewed = Samples.FileOf(Samples.Small(step: 2), folder);
        int failures = 0;
        for (; ; failures++)
        {
            var files = new FaultyFiles(operations: failures);
            try
            {
                CheckpointFile.Write(path, Samples.Small(step: 2), files);
                break;
            }
            catch (IOException e)
            {
                e.Message.Should().Contain("made by the test");
            }
            byte[] now = File.ReadAllBytes(path);
            (now.SequenceEqual(old) || now.SequenceEqual(renewed)).Should().BeTrue($"operation {failures} failed");
        }
        failures.Should().Be(7, "create, header, two tensors, flush, rename, flush of the folder");
        File.ReadAllBytes(path).Should().Equal(renewed);
    }

    private void Forge(int count)
    {
        byte[] sound = Samples.FileOf(Samples.Small(), folder);
        int headerEnd = 8 + (int)BitConverter.ToInt64(sound);
        // Most changes go into the header, where lengths, shapes and names are.
        Gen<int> place = Gen.OneOf(Gen.Int[0, headerEnd - 1], Gen.Int[HashOffset + 64, headerEnd - 1], Gen.Int[0, sound.Length - 1]);
        Gen<byte> value = Gen.OneOf(Gen.Byte, Gen.OneOf("0123456789{}[],:\" -"u8.ToArray()));
        int loaded = 0;
        Gen.Select(place, value).Array[1, 8].Sample(changes =>
        {
            byte[] file = [.. sound];
            foreach ((int at, byte to) in changes) file[at] = to;
            Rehash(file);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Samples.Read(file);
                loaded++;
            }
            catch (InvalidDataException)
            {
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2 * file.Length + (1 << 20));
        }, iter: count, threads: 1);
        loaded.Should().BeGreaterThan(0, "a forged weight is not damage: the hash proves integrity, not who wrote it");
    }

    private static void Rehash(byte[] file)
    {
        file.AsSpan(HashOffset, 64).Fill((byte)'0');
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(file))).CopyTo(file, HashOffset);
    }

    private static byte[] Replace(byte[] file, string text, string by) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(file).Replace(text, by, StringComparison.Ordinal));

    private static void Refuse(byte[] file)
    {
        try
        {
            Samples.Read(file);
        }
        catch (InvalidDataException e) when (e.Message.Contains("'a.safetensors'", StringComparison.Ordinal))
        {
            return;
        }
        Assert.Fail("A damaged file was accepted.");
    }
}
