using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Serialization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Serialization;

[TestClass]
public sealed class NetworkFileTests
{
    public static IEnumerable<object[]> Kinds => Networks.OfEveryKind.Keys.Select(kind => new object[] { kind });

    private static byte[] Small() => NetworkFile.Write(new FittedNetwork(
        Networks.Mlp(ActivationFunction.Relu, 2, 3, 1), Networks.Weights(Networks.Mlp(ActivationFunction.Relu, 2, 3, 1)), new LinearOutput(2, 1), "history"u8));

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Read_WhatWasWritten_IsEqual(string kind)
    {
        FittedNetwork fitted = Networks.Fitted(Networks.OfEveryKind[kind]);

        FittedNetwork read = NetworkFile.Read(NetworkFile.Write(fitted));

        read.Network.Layers.Should().Equal(fitted.Network.Layers);
        read.Weights().ToArray().Should().Equal(fitted.Weights().ToArray());
        NetworkJson.Write(NetworkJson.Read(NetworkJson.Write(fitted.Network))).Should().Be(NetworkJson.Write(fitted.Network));
    }

    [TestMethod]
    public void Write_Twice_GivesTheSameBytes() => Small().Should().Equal(Small());

    [TestMethod]
    public void Read_CutOffAnywhere_IsRefused()
    {
        byte[] file = Small();
        for (int length = 0; length < file.Length; length++)
        {
            if (!IsRefused(file[..length])) Assert.Fail($"It has {length} bytes only.");
        }
    }

    [TestMethod]
    public void Read_AnyBitFlipped_IsRefused()
    {
        byte[] file = Small();
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << bit % 8);
            if (!IsRefused(file)) Assert.Fail($"Bit {bit} is flipped.");
            file[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [TestMethod]
    public void Read_MutatedWithValidHash_LoadsOrIsRefusedWithLittleMemory()
    {
        byte[] original = Small();
        var random = new Random(5);
        int loaded = 0, refused = 0;
        long mostMemory = 0;
        for (int i = 0; i < 5_000; i++)
        {
            byte[] file = [.. original];
            for (int change = random.Next(1, 5); change > 0; change--) file[random.Next(12, file.Length - 32)] = random.Next(4) switch
            {
                0 => 0,
                1 => 0xFF,
                2 => (byte)'9',
                _ => (byte)random.Next(256),
            };
            Seal(file);
            long before = GC.GetAllocatedBytesForCurrentThread();
            if (IsRefused(file)) refused++;
            else loaded++;
            mostMemory = Math.Max(mostMemory, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        mostMemory.Should().BeLessThan(2 * original.Length + (1 << 20));
        loaded.Should().BePositive();
        refused.Should().BePositive();
    }

    [TestMethod]
    [DataRow("\"inputs\":2", "\"inputs\":2000000000", "The field 'inputs' must be at most 65536 but is 2000000000*")]
    [DataRow("\"inputs\":2", "\"inputs\":-5", "*InputSize must be from 1*")]
    [DataRow("\"inputs\":2", "\"inputs\":1.5", "The description of the network is not valid*")]
    [DataRow("\"outputs\":3", "\"outputs\":60000", "*must take the 60000 numbers*")]
    [DataRow("\"kind\":\"dense\"", "\"kind\":\"gru\"", "Layer 'layers.0' must be one of dense, *but is 'gru'. A newer version*")]
    [DataRow("\"function\":\"relu\"", "\"function\":\"step\"", "The field 'function' must be one of relu, *but is 'step'*")]
    [DataRow("\"kind\":\"linear\"", "\"kind\":\"cubic\"", "The output must be linear*but is 'cubic'*")]
    [DataRow("\"members\":1", "\"members\":0", "members must be at least 1 but is 0*")]
    [DataRow("\"members\":1", "\"members\":2", "The network claims *weights*")]
    [DataRow("\"members\":1", "\"members\":65536", "The network claims *weights*")]
    [DataRow("\"members\":1", "\"members\":1,\"more\":1", "The description has the unknown field 'more'*")]
    [DataRow("\"members\":1", "\"members\":1,\"members\":1", "The description must have each field once but has 'members' twice*")]
    [DataRow("\"members\":1,", "", "The description must have the field 'members' but has not*")]
    [DataRow("\"scale\":[2]", "\"scale\":[2,3]", "*shift must have as many values*")]
    [DataRow("\"scale\":[2]", "\"scale\":[1e999]", "The description of the network is not valid*")]
    [DataRow("{\"layers\"", "[\"layers\"", "The description of the network is not valid*")]
    public void Read_FaultyDescriptionWithValidHash_SaysWhatIsWrong(string part, string replacement, string message)
    {
        byte[] file = Redescribe(Small(), part, replacement);

        FluentActions.Invoking(() => NetworkFile.Read(file)).Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [TestMethod]
    public void Read_LayersNestedTooDeep_IsRefused()
    {
        string nested = "{\"kind\":\"dense\",\"name\":\"x\",\"inputs\":1,\"outputs\":1}";
        for (int i = 0; i < 500; i++) nested = $"{{\"kind\":\"residual\",\"name\":\"x{i}\",\"block\":[{nested}]}}";
        byte[] file = Redescribe(Small(), "\"layers\":[", "\"layers\":[" + nested + ",");

        FluentActions.Invoking(() => NetworkFile.Read(file)).Should().Throw<InvalidDataException>();
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Read_WeightThatIsNotFinite_NamesTheParameter(float value)
    {
        byte[] file = Small();
        int description = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(20));
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(24 + description + 4), value);
        Seal(file);

        FluentActions.Invoking(() => NetworkFile.Read(file)).Should().Throw<InvalidDataException>().WithMessage("Parameter 'layers.0.weight' must be finite*");
    }

    [TestMethod]
    public void Read_NewerVersion_AsksForANewerLibrary()
    {
        byte[] file = Small();
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(8), 2);
        Seal(file);

        FluentActions.Invoking(() => NetworkFile.Read(file)).Should().Throw<InvalidDataException>().WithMessage("*must be of version 1 but is of version 2*newer version of this library*");
    }

    private static byte[] Redescribe(byte[] file, string part, string replacement)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(20));
        string description = Encoding.UTF8.GetString(file, 24, length);
        description.Should().Contain(part);
        int at = description.IndexOf(part, StringComparison.Ordinal);
        byte[] changed = Encoding.UTF8.GetBytes(description[..at] + replacement + description[(at + part.Length)..]);
        byte[] result = [.. file[..24], .. changed, .. file[(24 + length)..]];
        BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(20), changed.Length);
        BinaryPrimitives.WriteInt64LittleEndian(result.AsSpan(12), result.Length);
        Seal(result);
        return result;
    }

    private static bool IsRefused(byte[] file)
    {
        try
        {
            NetworkFile.Read(file);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    // What an attacker does, too.
    private static void Seal(byte[] file) => SHA256.HashData(file.AsSpan(0, file.Length - 32), file.AsSpan(file.Length - 32));
}
