using System.Buffers.Binary;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Runtime;

[TestClass]
public sealed class ElfImageTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";

    private static readonly byte[] shipped = ReadShim();

    [TestMethod]
    public void WithOptionalVersion_ShippedShim_ChangesOneByte()
    {
        byte[] corrected = ElfImage.WithOptionalVersion(shipped, Version, Symbol);

        int[] changed = [.. Enumerable.Range(0, shipped.Length).Where(i => corrected[i] != shipped[i])];
        changed.Should().ContainSingle();
        (corrected[changed[0]] ^ shipped[changed[0]]).Should().Be(2, "the weak flag");
    }

    [TestMethod]
    [DataRow("GLIBCXX_9.9.99", "_ZSt21ios_base_library_initv", "The library does not need 'GLIBCXX_9.9.99'.")]
    [DataRow("GLIBCXX_3.4.32", "_Zother", "The library uses '_ZSt21ios_base_library_initv' of GLIBCXX_3.4.32, which this system does not have.")]
    [DataRow("GLIBCXX_3.4.30", "_ZSt21ios_base_library_initv", "The library uses '*' of GLIBCXX_3.4.30, which this system does not have.")]
    [DataRow("GLIBC_2.2.5", "_ZSt21ios_base_library_initv", "The library needs 'GLIBC_2.2.5' from two libraries.")]
    public void WithOptionalVersion_VersionInUseOrUnknown_Refuses(string version, string symbol, string message)
    {
        Action act = () => ElfImage.WithOptionalVersion(shipped, version, symbol);
        act.Should().Throw<BadImageFormatException>().WithMessage(message);
    }

    [TestMethod]
    public void WithOptionalVersion_SymbolThatIsCalled_Refuses()
    {
        // Point the first relocation at the symbol that must be unused.
        byte[] image = [.. shipped];
        long relocations = SectionOffset(image, type: 4, out _);
        uint symbol = IndexOfSymbol(image);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)relocations + 12), symbol);

        Action act = () => ElfImage.WithOptionalVersion(image, Version, Symbol);
        act.Should().Throw<BadImageFormatException>().WithMessage($"The library calls '{Symbol}'*");
    }

    [TestMethod]
    public void WithOptionalVersion_Truncated_Refuses()
    {
        for (int length = 0; length < shipped.Length; length = length < 1024 ? length + 1 : length + 16_411)
        {
            int cut = length;
            Action act = () => ElfImage.WithOptionalVersion(shipped.AsSpan(0, cut), Version, Symbol);
            act.Should().Throw<BadImageFormatException>($"only {cut} bytes are left");
        }
    }

    [TestMethod]
    public void WithOptionalVersion_DamagedHeadersOrTables_RefusesOrChangesOneFlag()
    {
        long versions = SectionOffset(shipped, type: 0x6ffffffe, out long size);
        long sections = BinaryPrimitives.ReadInt64LittleEndian(shipped.AsSpan(40));
        int[] places = [.. Enumerable.Range(0, 64), .. Enumerable.Range((int)versions, (int)size), .. Enumerable.Range((int)sections, 10 * 64)];
        byte[] image = [.. shipped];
        foreach (int place in places)
        {
            foreach (byte value in (byte[])[0, 1, 0x7f, 0xff])
            {
                image[place] = value;
                try
                {
                    ElfImage.WithOptionalVersion(image, Version, Symbol).Length.Should().Be(image.Length);
                }
                catch (BadImageFormatException)
                {
                }
            }
            image[place] = shipped[place];
        }
    }

    private static byte[] ReadShim()
    {
        if (!OperatingSystem.IsLinux()) return [];
        return File.ReadAllBytes(Path.Combine(NativeFolders.With("LibTorchSharp", NativeFolders.All)!, "libLibTorchSharp.so"));
    }

    private static long SectionOffset(byte[] image, uint type, out long size)
    {
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(40));
        for (int at = table; ; at += 64)
            if (BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at + 4)) == type)
            {
                size = BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(at + 32));
                return BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(at + 24));
            }
    }

    private static uint IndexOfSymbol(byte[] image)
    {
        int names = (int)SectionOffset(image, type: 3, out _);
        int symbols = (int)SectionOffset(image, type: 11, out long size);
        byte[] wanted = [.. System.Text.Encoding.ASCII.GetBytes(Symbol), 0];
        for (uint i = 0; i < size / 24; i++)
            if (image.AsSpan(names + BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(symbols + (int)i * 24))).StartsWith(wanted))
                return i;
        throw new InvalidOperationException("The shipped library has no such symbol.");
    }
}
