using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Trainers.Tests.Layering;

/// <summary>Reads which type mentions which from an assembly, and from its symbols in which folder each type lies.</summary>
internal sealed class CompiledAssembly : IDisposable
{
    // A portable PDB names the source of a type without method bodies (an enum, an interface) in a record of this kind.
    private static readonly Guid typeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly PEReader image;
    private readonly MetadataReaderProvider symbols;
    private readonly MetadataReader metadata;
    private readonly MetadataReader pdb;
    private readonly string sourceFolder;

    /// <param name="path">The assembly; its .pdb lies beside it.</param>
    /// <param name="sourceFolder">The project's folder in the repository, such as <c>src/Trainers</c>.</param>
    public CompiledAssembly(string path, string sourceFolder)
    {
        this.sourceFolder = $"/{sourceFolder}/";
        image = new PEReader(File.OpenRead(path));
        symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(path, ".pdb")));
        metadata = image.GetMetadataReader();
        pdb = symbols.GetMetadataReader();
    }

    /// <summary>The simple names of the assemblies it references.</summary>
    public IEnumerable<string> References =>
        metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name));

    /// <summary>Its types that come from a source file of the project: nothing a compiler or build step added.</summary>
    public IReadOnlyList<CompiledType> Types() =>
    [
        .. metadata.TypeDefinitions
            .GroupBy(Outermost)
            .Select(family => (family.Key, Folder: family.Select(FolderOf).FirstOrDefault(folder => folder is not null), Uses: family.SelectMany(UsesOf)))
            .Where(family => family.Folder is not null)
            .Select(family => new CompiledType(NameOf(family.Key), family.Folder!, family.Uses.ToHashSet())),
    ];

    public void Dispose()
    {
        image.Dispose();
        symbols.Dispose();
    }

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        while (metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } outer) handle = outer;
        return handle;
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    private string? FolderOf(TypeDefinitionHandle handle)
    {
        IEnumerable<DocumentHandle> ofMethods = metadata.GetTypeDefinition(handle).GetMethods()
            .Select(method => pdb.GetMethodDebugInformation(method).Document);
        IEnumerable<DocumentHandle> ofType = pdb.GetCustomDebugInformation(handle)
            .Select(pdb.GetCustomDebugInformation)
            .Where(information => pdb.GetGuid(information.Kind) == typeDefinitionDocuments)
            .Select(information => MetadataTokens.DocumentHandle(pdb.GetBlobReader(information.Value).ReadCompressedInteger()));
        return ofMethods.Concat(ofType)
            .Where(document => !document.IsNil)
            .Select(document => pdb.GetString(pdb.GetDocument(document).Name).Replace('\\', '/'))
            .Where(path => path.Contains(sourceFolder) && !path.Contains("/obj/"))
            .Select(path => path[(path.LastIndexOf(sourceFolder, StringComparison.Ordinal) + sourceFolder.Length)..])
            .Select(path => path[..Math.Max(0, path.LastIndexOf('/'))])
            .FirstOrDefault();
    }

    private IEnumerable<TypeUse> UsesOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        var uses = new SignatureUses(UseOf);
        return
        [
            .. UsesOf(type.BaseType),
            .. type.GetInterfaceImplementations().SelectMany(implementation => UsesOf(metadata.GetInterfaceImplementation(implementation).Interface)),
            .. type.GetFields().SelectMany(field => metadata.GetFieldDefinition(field).DecodeSignature(uses, null)),
            .. type.GetMethods().SelectMany(UsesOf),
            .. type.GetCustomAttributes().SelectMany(attribute => UsesOf(metadata.GetCustomAttribute(attribute).Constructor)),
        ];
    }

    private IEnumerable<TypeUse> UsesOf(MethodDefinitionHandle handle)
    {
        MethodDefinition method = metadata.GetMethodDefinition(handle);
        var uses = new SignatureUses(UseOf);
        MethodSignature<ImmutableArray<TypeUse>> signature = method.DecodeSignature(uses, null);
        IEnumerable<TypeUse> all = [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(type => type)];
        if (method.RelativeVirtualAddress == 0) return all;
        MethodBodyBlock body = image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            all = all.Concat(metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(uses, null).SelectMany(type => type));
        return all.Concat(Instructions.Tokens(body.GetILReader()).SelectMany(UsesOf));
    }

    private IEnumerable<TypeUse> UsesOf(EntityHandle handle)
    {
        var uses = new SignatureUses(UseOf);
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition when !handle.IsNil:
            case HandleKind.TypeReference when !handle.IsNil:
                return [UseOf(handle)];
            case HandleKind.TypeSpecification:
                return metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(uses, null);
            case HandleKind.FieldDefinition:
                return [UseOf(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType())];
            case HandleKind.MethodDefinition:
                return [UseOf(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType())];
            case HandleKind.MethodSpecification:
                MethodSpecification generic = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                return [.. UsesOf(generic.Method), .. generic.DecodeSignature(uses, null).SelectMany(type => type)];
            case HandleKind.MemberReference:
                MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                if (member.GetKind() == MemberReferenceKind.Field)
                    return [.. UsesOf(member.Parent), .. member.DecodeFieldSignature(uses, null)];
                MethodSignature<ImmutableArray<TypeUse>> signature = member.DecodeMethodSignature(uses, null);
                return [.. UsesOf(member.Parent), .. signature.ReturnType, .. signature.ParameterTypes.SelectMany(type => type)];
            default:
                return [];
        }
    }

    private TypeUse UseOf(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
            return new TypeUse(metadata.GetString(metadata.GetAssemblyDefinition().Name), NameOf(Outermost((TypeDefinitionHandle)handle)));
        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? UseOf(type.ResolutionScope)
            : new TypeUse(
                metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name),
                $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}");
    }
}
