using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

// Writes a copy of an assembly in which internal members are public and private protected ones are protected.
// The copy is a compile-time reference only. At run time the unchanged original is loaded, and the attribute
// IgnoresAccessChecksTo in the referencing assembly grants the same access (docs/decisions/0002-friend-access.md).
// Private members stay private, so that no name of theirs can clash with ours.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: FriendAccess SOURCE.dll TARGET.dll");
    return 2;
}

byte[] image = File.ReadAllBytes(args[0]);
using var assembly = new PEReader(new MemoryStream(image, writable: false));
MetadataReader metadata = assembly.GetMetadataReader();
int metadataStart = assembly.PEHeaders.MetadataStartOffset;

// Column positions of the flags: ECMA-335 part II, 22.37 (TypeDef), 22.26 (MethodDef), 22.15 (Field).
OpenAccess(TableIndex.TypeDef, column: 0, width: 4, OpenType);
OpenAccess(TableIndex.MethodDef, column: 6, width: 2, OpenMember);
OpenAccess(TableIndex.Field, column: 0, width: 2, OpenMember);

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[1]))!);
File.WriteAllBytes(args[1], image);
return 0;

void OpenAccess(TableIndex table, int column, int width, Func<uint, uint> open)
{
    int start = metadataStart + metadata.GetTableMetadataOffset(table) + column;
    int rowSize = metadata.GetTableRowSize(table);
    for (int row = 0; row < metadata.GetTableRowCount(table); row++)
    {
        Span<byte> flags = image.AsSpan(start + row * rowSize, width);
        if (width == 4) BinaryPrimitives.WriteUInt32LittleEndian(flags, WithAccess(BinaryPrimitives.ReadUInt32LittleEndian(flags), open));
        else BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)WithAccess(BinaryPrimitives.ReadUInt16LittleEndian(flags), open));
    }
}

static uint WithAccess(uint flags, Func<uint, uint> open) => flags & ~7u | open(flags & 7u);

static uint OpenType(uint access) => access switch
{
    0 => 1,           // internal -> public
    5 or 7 => 2,      // nested internal, nested protected internal -> nested public
    6 => 4,           // nested private protected -> nested protected
    _ => access,
};

static uint OpenMember(uint access) => access switch
{
    2 => 4,           // private protected -> protected
    3 or 5 => 6,      // internal, protected internal -> public
    _ => access,
};
