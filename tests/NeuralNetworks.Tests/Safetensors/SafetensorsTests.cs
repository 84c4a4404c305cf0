using System.Text;
using CsCheck;
using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Safetensors;

[TestClass]
public sealed class SafetensorsTests
{
    [TestMethod]
    public void Write_TwoTensors_GivesThePublishedLayout()
    {
        byte[] file = SafetensorsFiles.Write([Tensor.Of<float>("a", new[] { 1f, -2f }, 2, 1), Tensor.Of<long>("b", new[] { 7L }, [])], KeyValuePair.Create("k", "v"));

        const string Json = """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}""";
        int padded = (Json.Length + 7) / 8 * 8;
        file.Should().Equal([(byte)padded, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(Json.PadRight(padded)), 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7, 0, 0, 0, 0, 0, 0, 0]);
    }

    [TestMethod]
    public void Read_FileOfAnotherWriter_GivesItsTensorsAndTexts()
    {
        byte[] file = SafetensorsFiles.Of("""  {"late":{"data_offsets":[4,8],"dtype":"I32","shape":[1]},"__metadata__":{"format":"pt","\u00e4":"\ud83d\ude00"},"early":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   """.TrimStart(), 8);
        file[^4] = 5;

        (Header header, Tensor[] tensors) = SafetensorsFiles.Read(file);

        header.Metadata.Should().Equal(new Dictionary<string, string> { ["format"] = "pt", ["ä"] = "😀" });
        tensors.Select(tensor => tensor.Name).Should().Equal("early", "late");
        tensors[0].Values<float>().ToArray().Should().Equal(0f);
        tensors[1].Values<int>().ToArray().Should().Equal(5);
    }

    [TestMethod]
    public void WriteAndRead_AnyTensors_RoundTripBitForBit() =>
        Gen.Select(Gen.Enum<TensorType>(), Gen.Long[0, 5].Array[0, 8], Gen.String[Gen.Char[' ', '\ud7ff'], 1, 20]).Array[0, 6].Sample(parts =>
        {
            Tensor[] tensors = [.. parts.DistinctBy(part => part.Item3).Select(part =>
            {
                var data = new byte[Tensor.TryLength(part.Item1, [.. part.Item2])!.Value];
                new Random(data.Length).NextBytes(data);
                return new Tensor(part.Item3, part.Item1, [.. part.Item2], data);
            })];

            (_, Tensor[] read) = SafetensorsFiles.Read(SafetensorsFiles.Write(tensors, KeyValuePair.Create("x", "1")));

            // Empty tensors that start at one byte may change places.
            read.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(Describe)
                .Should().Equal(tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(Describe));
        }, iter: 300);

    [TestMethod]
    public void Values_OfAnotherType_AreRefused()
    {
        Action act = () => Tensor.Of<float>("a", new float[2]).Values<double>();
        act.Should().Throw<InvalidOperationException>().WithMessage("Tensor 'a' must be F64 but was F32.");
    }

    [TestMethod]
    [DataRow("F32", 1, new byte[] { 0, 0, 0, 0, 0, 0, 0x80, 0x7f })]
    [DataRow("F32", 0, new byte[] { 0, 0, 0xc0, 0xff, 0, 0, 0, 0 })]
    [DataRow("F64", 0, new byte[] { 0, 0, 0, 0, 0, 0, 0xf8, 0x7f })]
    [DataRow("F16", 1, new byte[] { 0xff, 0x7b, 0, 0xfc })]
    [DataRow("BF16", 1, new byte[] { 0x7f, 0x7f, 0x81, 0xff })]
    [DataRow("I32", -1, new byte[] { 0, 0, 0x80, 0x7f })]
    [DataRow("F32", -1, new byte[] { 0xff, 0xff, 0x7f, 0x7f })]
    public void FirstNonFinite_NaNOrInfinity_IsFound(string typeName, int expected, byte[] data)
    {
        TensorType type = Enum.Parse<TensorType>(typeName);
        new Tensor("a", type, [data.Length / type.Size()], data).FirstNonFinite().Should().Be(expected);
    }

    [TestMethod]
    public void Tensor_ThatDoesNotFit_IsRefused()
    {
        Action[] acts =
        [
            () => _ = new Tensor("", TensorType.U8, [0], default),
            () => _ = new Tensor("__metadata__", TensorType.U8, [0], default),
            () => _ = new Tensor("a", TensorType.F32, [2], new byte[7]),
            () => _ = new Tensor("a", TensorType.F32, [-1], default),
            () => _ = new Tensor("a", TensorType.F32, [long.MaxValue, long.MaxValue], default),
            () => _ = new Tensor("a", TensorType.U8, [1, 1, 1, 1, 1, 1, 1, 1, 1], new byte[1]),
        ];
        foreach (Action act in acts) act.Should().Throw<ArgumentException>();
    }

    [TestMethod]
    public void Write_NameTwiceOrHeaderTooLong_IsRefusedBeforeAByteIsWritten()
    {
        Tensor tensor = Tensor.Of<float>("a", new float[1]);
        using var stream = new MemoryStream();
        Action[] acts =
        [
            () => SafetensorsWriter.Write(stream, [], [tensor, tensor]),
            () => SafetensorsWriter.Write(stream, [KeyValuePair.Create("k", ""), KeyValuePair.Create("k", "")], []),
            () => SafetensorsWriter.Write(stream, [KeyValuePair.Create("", "")], []),
            () => SafetensorsWriter.Write(stream, [KeyValuePair.Create("k", new string('x', Header.DefaultMaximumLength))], []),
        ];
        foreach (Action act in acts) act.Should().Throw<ArgumentException>();
        stream.Length.Should().Be(0);
    }

    private static string Describe(Tensor tensor) => $"{tensor.Name} {tensor.Type} [{string.Join(",", tensor.Shape)}] {Convert.ToHexString(tensor.Data.Span)}";
}
