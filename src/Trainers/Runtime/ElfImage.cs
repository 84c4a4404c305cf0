using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>
/// Reads just enough of a 64-bit little-endian ELF library to make one needed symbol version optional, and only when
/// no relocation uses the one symbol behind it. Every read is bounds-checked: a damaged file is a <see cref="BadImageFormatException"/>.
/// </summary>
internal sealed class ElfImage
{
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int VersionNeedSize = 16;
    private const ushort Weak = 0x2;

    private enum SectionType : uint
    {
        Rela = 4,
        Rel = 9,
        DynamicSymbols = 11,
        VersionNeeds = 0x6ffffffe,
        SymbolVersions = 0x6fffffff,
    }

    private readonly record struct Section(uint Type, long Offset, long Size, uint Link, long EntrySize);

    private readonly byte[] bytes;
    private readonly Section[] sections;

    private ElfImage(byte[] image)
    {
        bytes = image;
        sections = ReadSections();
    }

    /// <summary>
    /// A copy of <paramref name="image"/> in which the loader only asks for <paramref name="version"/> but does not insist on it.
    /// </summary>
    /// <param name="image">The whole library.</param>
    /// <param name="version">The symbol version, such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <param name="onlySymbol">The only symbol that may carry this version.</param>
    /// <exception cref="BadImageFormatException">
    /// The file is damaged, does not need that version exactly once, or really uses a symbol of it, so that it could not run.
    /// </exception>
    public static byte[] WithOptionalVersion(ReadOnlySpan<byte> image, string version, string onlySymbol)
    {
        var copy = new ElfImage(image.ToArray());
        (long flagsAt, ushort index) = copy.FindVersion(version);
        copy.RequireUnused(index, version, onlySymbol);
        Span<byte> flags = copy.At(flagsAt, 2);
        BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | Weak));
        return copy.bytes;
    }

    /// <summary>Refuses a library that is cut off: the loader would map it, and the process end at the first touch of what is missing.</summary>
    /// <exception cref="BadImageFormatException">The file ends before its section table, which linkers write last.</exception>
    public static void RequireWhole(string path)
    {
        using FileStream file = File.OpenRead(path);
        var header = new byte[64];
        int read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        long sectionTable = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(40));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(58)) * BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60));
        if (read < header.Length || !header.AsSpan().StartsWith<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F']) || sectionTable < 0 || sectionTable > file.Length - size)
            throw new BadImageFormatException($"The file is not a whole ELF library: it has {file.Length} bytes and needs {sectionTable + size}.");
    }

    private Section[] ReadSections()
    {
        ReadOnlySpan<byte> ident = At(0, 64);
        const ushort X64 = 62;
        if (!ident.StartsWith<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]) || UInt16(18) != X64)
            throw new BadImageFormatException("The file is not a 64-bit x86 ELF library.");
        long table = Int64(40);
        int count = UInt16(60);
        if (UInt16(58) != SectionHeaderSize || count == 0)
            throw new BadImageFormatException($"The section table must have entries of {SectionHeaderSize} bytes but has {count} of {UInt16(58)}.");
        At(table, (long)count * SectionHeaderSize);
        var result = new Section[count];
        for (int i = 0; i < count; i++)
        {
            long at = table + (long)i * SectionHeaderSize;
            result[i] = new Section(UInt32(at + 4), Int64(at + 24), Int64(at + 32), UInt32(at + 40), Int64(at + 56));
        }
        return result;
    }

    private (long FlagsAt, ushort Index) FindVersion(string version)
    {
        Section needs = Single(SectionType.VersionNeeds);
        Section names = Linked(needs);
        (long, ushort)? found = null;
        long end = checked(needs.Offset + needs.Size);
        for (long file = needs.Offset; ;)
        {
            Within(file, end);
            long entry = checked(file + UInt32(file + 8));
            for (int left = UInt16(file + 2); left > 0; left--)
            {
                Within(entry, end);
                if (Name(names, UInt32(entry + 8)) == version)
                    found = found is null ? (entry + 4, UInt16(entry + 6)) : throw new BadImageFormatException($"The library needs '{version}' from two libraries.");
                uint next = UInt32(entry + 12);
                if (next == 0) break;
                entry = Forward(entry, next);
            }
            uint nextFile = UInt32(file + 12);
            if (nextFile == 0) break;
            file = Forward(file, nextFile);
        }
        return found ?? throw new BadImageFormatException($"The library does not need '{version}'.");
    }

    private void RequireUnused(ushort version, string versionName, string onlySymbol)
    {
        Section symbols = Single(SectionType.DynamicSymbols);
        Section versions = Single(SectionType.SymbolVersions);
        Section names = Linked(symbols);
        long count = symbols.Size / SymbolSize;
        if (versions.Size != count * 2)
            throw new BadImageFormatException($"The library must have one version for each of its {count} symbols but has {versions.Size / 2}.");

        var unused = new HashSet<uint>();
        for (uint i = 0; i < count; i++)
        {
            const ushort IndexBits = 0x7fff;
            if ((UInt16(versions.Offset + i * 2L) & IndexBits) != version) continue;
            long symbol = symbols.Offset + i * (long)SymbolSize;
            string name = Name(names, UInt32(symbol));
            if (name != onlySymbol || UInt16(symbol + 6) != 0)
                throw new BadImageFormatException($"The library uses '{name}' of {versionName}, which this system does not have.");
            unused.Add(i);
        }

        foreach (Section section in sections)
        {
            int size = section.Type switch { (uint)SectionType.Rela => 24, (uint)SectionType.Rel => 16, _ => 0 };
            if (size == 0) continue;
            for (long at = section.Offset; at < section.Offset + section.Size; at += size)
                if (unused.Contains((uint)(Int64(at + 8) >>> 32)))
                    throw new BadImageFormatException($"The library calls '{onlySymbol}' of {versionName}, which this system does not have.");
        }
    }

    private Section Single(SectionType type)
    {
        Section[] found = [.. sections.Where(section => section.Type == (uint)type)];
        if (found.Length != 1) throw new BadImageFormatException($"The library must have one section {type} but has {found.Length}.");
        At(found[0].Offset, found[0].Size);
        return found[0];
    }

    private Section Linked(Section section)
    {
        if (section.Link >= sections.Length) throw new BadImageFormatException($"Section {section.Link} of {sections.Length} does not exist.");
        Section linked = sections[section.Link];
        At(linked.Offset, linked.Size);
        return linked;
    }

    private string Name(Section names, uint offset)
    {
        if (offset >= names.Size) throw new BadImageFormatException($"A name at {offset} lies outside its table of {names.Size} bytes.");
        ReadOnlySpan<byte> rest = At(names.Offset + offset, names.Size - offset);
        int length = rest.IndexOf((byte)0);
        return length >= 0 ? Encoding.Latin1.GetString(rest[..length]) : throw new BadImageFormatException("A name does not end.");
    }

    private static void Within(long entry, long end)
    {
        if (entry > end - VersionNeedSize) throw new BadImageFormatException("A version entry lies outside its section.");
    }

    // Moving by at least one entry ends every walk.
    private static long Forward(long from, uint by) =>
        by >= VersionNeedSize ? from + by : throw new BadImageFormatException("Two version entries overlap.");

    private ushort UInt16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(At(offset, 2));

    private uint UInt32(long offset) => BinaryPrimitives.ReadUInt32LittleEndian(At(offset, 4));

    private long Int64(long offset) => BinaryPrimitives.ReadInt64LittleEndian(At(offset, 8));

    private Span<byte> At(long offset, long length) =>
        offset >= 0 && length >= 0 && offset <= bytes.Length - length
            ? bytes.AsSpan((int)offset, (int)length)
            : throw new BadImageFormatException($"The file has {bytes.Length} bytes but refers to {length} at {offset}.");
}
