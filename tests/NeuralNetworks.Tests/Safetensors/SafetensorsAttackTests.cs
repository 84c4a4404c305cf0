using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Safetensors;

/// <summary>Files made to harm: each is refused with one type of exception, and cheaply.</summary>
[TestClass]
public sealed class SafetensorsAttackTests
{
    private static readonly byte[] sound = SafetensorsFiles.Write(
        [Tensor.Of<float>("layers.0.weight", new float[6], 2, 3), Tensor.Of<long>("step", new[] { 7L }), Tensor.Of<byte>("empty", default)],
        KeyValuePair.Create("format", "test"));

    public static IEnumerable<object[]> Attacks()
    {
        const string F32 = "\"dtype\":\"F32\"";
        string T(string body) => "{\"a\":{" + body + "}}";
        object[] Row(string name, string header, int data = 0, long? claimed = null) => [name, SafetensorsFiles.Of(header, data, claimed)];
        yield return ["empty file", Array.Empty<byte>()];
        yield return ["seven bytes", new byte[7]];
        yield return Row("no header", "");
        yield return Row("header of 2^63 bytes", "{}", claimed: long.MinValue);
        yield return Row("header of 2^64-1 bytes", "{}", claimed: -1);
        yield return Row("header longer than the file", "{}", claimed: 3);
        yield return Row("header over the limit", "{}", claimed: Header.DefaultMaximumLength + 1);
        yield return Row("not JSON", "{{}}");
        yield return Row("a list", "[]");
        yield return Row("blank first", " {}");
        yield return Row("more after it", "{}{}");
        yield return Row("comment", "{/* */}");
        yield return Row("deeply nested", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        yield return Row("empty name", """{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        yield return Row("name twice", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8);
        yield return Row("metadata twice", """{"__metadata__":{},"__metadata__":{}}""");
        yield return Row("metadata key twice", """{"__metadata__":{"a":"1","a":"2"}}""");
        yield return Row("metadata of numbers", """{"__metadata__":{"a":1}}""");
        yield return Row("metadata is a tensor", """{"__metadata__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        yield return Row("metadata null", """{"__metadata__":null}""");
        yield return Row("lone surrogate", """{"__metadata__":{"a":"\ud800"}}""");
        yield return ["not UTF-8", SafetensorsFiles.Of("{\"__metadata__\":{\"a\":\"\u00ff\"}}").Select(b => b is 0xc3 ? (byte)0xff : b).ToArray()];
        yield return Row("unknown type", T("\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("type by number", T("\"dtype\":\"5\",\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("type by a number without a name", T("\"dtype\":\"88\",\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("type by a negative number", T("\"dtype\":\"-8\",\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("type in small letters", T("\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("type with blanks", T("\"dtype\":\" F32\",\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("two types", T($"{F32},{F32},\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("no type", T("\"shape\":[1],\"data_offsets\":[0,4]"), 4);
        yield return Row("no shape", T($"{F32},\"data_offsets\":[0,4]"), 4);
        yield return Row("no offsets", T($"{F32},\"shape\":[1]"), 4);
        yield return Row("one offset", T($"{F32},\"shape\":[1],\"data_offsets\":[0]"), 4);
        yield return Row("three offsets", T($"{F32},\"shape\":[1],\"data_offsets\":[0,4,4]"), 4);
        yield return Row("unknown entry", T($"{F32},\"shape\":[1],\"data_offsets\":[0,4],\"url\":\"x\""), 4);
        yield return Row("negative dimension", T($"{F32},\"shape\":[-1,-1],\"data_offsets\":[0,4]"), 4);
        yield return Row("fractional dimension", T($"{F32},\"shape\":[1.0],\"data_offsets\":[0,4]"), 4);
        yield return Row("dimension 2^64", T($"{F32},\"shape\":[18446744073709551616],\"data_offsets\":[0,4]"), 4);
        yield return Row("product 2^64", T($"{F32},\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]"));
        yield return Row("product 2^64 + 4", T($"{F32},\"shape\":[4611686018427387905],\"data_offsets\":[0,4]"), 4);
        yield return Row("nine dimensions", T($"{F32},\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]"), 4);
        yield return Row("2^18 dimensions", T($"{F32},\"shape\":[{string.Join(",", Enumerable.Repeat("1", 1 << 18))}],\"data_offsets\":[0,4]"), 4);
        yield return Row("shape over its bytes", T($"{F32},\"shape\":[1000000000],\"data_offsets\":[0,4]"), 4);
        yield return Row("past the end", T($"{F32},\"shape\":[1000000000],\"data_offsets\":[0,4000000000]"), 4);
        yield return Row("backwards", T($"{F32},\"shape\":[1],\"data_offsets\":[4,0]"), 4);
        yield return Row("negative offset", T($"{F32},\"shape\":[1],\"data_offsets\":[-4,0]"), 4);
        yield return Row("hole in front", T($"{F32},\"shape\":[1],\"data_offsets\":[4,8]"), 8);
        yield return Row("bytes left over", T($"{F32},\"shape\":[1],\"data_offsets\":[0,4]"), 5);
        yield return Row("overlap", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12);
        yield return Row("the same bytes twice", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        yield return Row("a hole between", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12);
    }

    public static string Name(System.Reflection.MethodInfo method, object[] row) => $"{method.Name}: {row[0]}";

    [TestMethod]
    [DynamicData(nameof(Attacks), DynamicDataDisplayName = nameof(Name))]
    public void Read_MaliciousFile_IsRefusedWithPathAndOffset(string name, byte[] file)
    {
        Action act = () => SafetensorsFiles.Read(file);
        act.Should().Throw<InvalidDataException>(name).WithMessage("'weights.safetensors' is damaged at byte *");
    }

    [TestMethod]
    public void Read_EveryTruncationAndExtension_IsRefused()
    {
        for (int length = 0; length < sound.Length; length++) Refuse(sound[..length]);
        Refuse([.. sound, 0]);
    }

    [TestMethod]
    public void Read_HeaderLimitOfTheCaller_IsKept()
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(sound);
        SafetensorsFiles.Read(sound, maximumHeaderLength: length).Tensors.Should().HaveCount(3);
        Action act = () => SafetensorsFiles.Read(sound, maximumHeaderLength: length - 1);
        act.Should().Throw<InvalidDataException>().WithMessage($"*at most {length - 1} bytes but claims {length}.");
    }

    [TestMethod]
    public void Read_BytesChangedAtRandom_LoadsOrIsRefusedInLittleMemory() => MutateBytes(10_000);

    [TestMethod]
    [TestCategory("Slow")]
    public void Read_ManyBytesChangedAtRandom_LoadsOrIsRefusedInLittleMemory() => MutateBytes(100_000);

    [TestMethod]
    public void Read_HeadersOfExtremeNumbers_LoadOrAreRefusedInLittleMemory() => MutateHeaders(10_000);

    [TestMethod]
    [TestCategory("Slow")]
    public void Read_ManyHeadersOfExtremeNumbers_LoadOrAreRefusedInLittleMemory() => MutateHeaders(100_000);

    private static void MutateBytes(int files) =>
        Gen.Select(Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte).Array[1, 8], Gen.Int[0, sound.Length]).Sample(mutation =>
        {
            byte[] file = [.. sound];
            foreach ((int place, byte value) in mutation.Item1) file[place] = value;
            LoadOrRefuse(file);
        }, iter: files, threads: 1);

    private static void MutateHeaders(int files)
    {
        Gen<string> number = Gen.OneOf("0", "1", "4", "8", "-1", "1e3", "9223372036854775807", "9223372036854775808", "1099511627776", "\"1\"", "null", "[]");
        Gen<string> numbers = number.Array[0, 10].Select(parts => $"[{string.Join(",", parts)}]");
        Gen<string> type = Gen.OneOf("\"F32\"", "\"F64\"", "\"U8\"", "\"F8\"", "0", "{}");
        Gen<string> tensor = Gen.Select(type, numbers, Gen.Select(number, number)).Select(parts =>
            $$"""{"dtype":{{parts.Item1}},"shape":{{parts.Item2}},"data_offsets":[{{parts.Item3.Item1}},{{parts.Item3.Item2}}]}""");
        Gen<string> header = Gen.Select(Gen.OneOf("\"a\"", "\"b\"", "\"\"", "\"__metadata__\""), tensor).Array[0, 4]
            .Select(entries => $"{{{string.Join(",", entries.Select(entry => $"{entry.Item1}:{entry.Item2}"))}}}");
        Gen.Select(header, Gen.Int[0, 16], Gen.OneOf(0, 0, 0, 1, -1)).Sample(
            parts => LoadOrRefuse(SafetensorsFiles.Of(parts.Item1, parts.Item2, Encoding.UTF8.GetByteCount(parts.Item1) + parts.Item3)), iter: files, threads: 1);
    }

    private static void LoadOrRefuse(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            SafetensorsFiles.Read(file);
        }
        catch (InvalidDataException)
        {
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2 * file.Length + (1 << 20));
    }

    private static void Refuse(byte[] file)
    {
        Action act = () => SafetensorsFiles.Read(file);
        act.Should().Throw<InvalidDataException>().WithMessage("'weights.safetensors' is damaged at byte *");
    }
}
