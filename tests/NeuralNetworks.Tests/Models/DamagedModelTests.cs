using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Models;

/// <summary>Damage inside a model.zip: ML.NET wraps what the reader throws, and the reader's own message is in it.</summary>
[TestClass]
public sealed class DamagedModelTests
{
    private readonly MLContext context = new(1);

    [TestMethod]
    public void Load_WeightsChangedInsideTheZip_NamesTheChecksum() =>
        Load(bytes => bytes[^100] ^= 1).Should().BeOfType<InvalidDataException>().Which.Message.Should().Contain("checksum");

    [TestMethod]
    public void Load_EntryCutOff_NamesBothLengths() =>
        Load(bytes => bytes.RemoveRange(bytes.Count - 10, 10)).Should().BeOfType<InvalidDataException>().Which.Message.Should().Contain("cut off or damaged");

    [TestMethod]
    public void Load_OtherContent_SaysThatItIsNotANetwork() =>
        Load(bytes => bytes.Clear()).Should().BeOfType<InvalidDataException>().Which.Message.Should().Contain("is not a fitted network");

    [TestMethod]
    public void Load_EntryMissing_NamesIt() =>
        Load(bytes => null).Should().BeOfType<InvalidDataException>().Which.Message.Should().Contain("'network.bin'");

    [TestMethod]
    public void Save_Model_HoldsNoTypeNameOfOurs()
    {
        using var zip = new ZipArchive(new MemoryStream(Saved()));
        using Stream entry = zip.Entries.Single(entry => entry.Name == "network.bin").Open();
        using var text = new StreamReader(entry);

        text.ReadToEnd().Should().NotContain("Microsoft.").And.NotContain("System.").And.NotContain("Version=");
    }

    private Exception Load(Action<List<byte>> damage) => Load(bytes =>
    {
        damage(bytes);
        return bytes;
    });

    private Exception Load(Func<List<byte>, List<byte>?> damage)
    {
        byte[] saved = Saved();
        var stream = new MemoryStream();
        stream.Write(saved);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.Entries.Single(entry => entry.Name == "network.bin");
            string name = entry.FullName;
            var content = new MemoryStream();
            using (Stream open = entry.Open()) open.CopyTo(content);
            entry.Delete();
            if (damage([.. content.ToArray()]) is { } bytes)
                using (Stream open = zip.CreateEntry(name).Open())
                    open.Write([.. bytes]);
        }
        stream.Position = 0;
        Exception fault = FluentActions.Invoking(() => context.Model.Load(stream, out _)).Should().Throw<Exception>().Which;
        while (fault.InnerException is { } inner) fault = inner;
        return fault;
    }

    private byte[] Saved()
    {
        IDataView data = Transformers.Data(context);
        using var stream = new MemoryStream();
        context.Model.Save(Transformers.Regression(context, data, Networks.Fitted(Networks.OfEveryKind["linear"])), data.Schema, stream);
        return stream.ToArray();
    }
}
