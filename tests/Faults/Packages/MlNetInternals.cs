using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Faults.Packages;

/// <summary>
/// Everything of ML.NET that a compiled assembly names, looked up in the ML.NET that is loaded. Friend access (docs/decisions/0002) makes
/// this necessary: an update may remove an internal member, and the compiler of a user would not see it.
/// </summary>
internal sealed class MlNetInternals
{
    private static readonly string[] own = ["Microsoft.ML.LrSchedules", "Microsoft.ML.NeuralNetworks", "Microsoft.ML.Trainers.Torch", "Microsoft.ML.TrainerSearch"];

    private readonly Assembly assembly;
    private readonly MetadataReader metadata;

    public MlNetInternals(Assembly assembly, PEReader image)
    {
        this.assembly = assembly;
        metadata = image.GetMetadataReader();
    }

    /// <summary>The non-public members found, and what is missing, each with its name.</summary>
    public (IReadOnlyList<string> Internals, IReadOnlyList<string> Missing) Resolve()
    {
        var internals = new SortedSet<string>(StringComparer.Ordinal);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (TypeReferenceHandle handle in metadata.TypeReferences.Where(IsMlNet)) Look(handle, NameOf(handle));
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (TypeOf(member.Parent) is { } type && IsMlNet(type)) Look(handle, $"{NameOf(type)}.{metadata.GetString(member.Name)}");
        }
        foreach (string gone in OverridesOfNothing()) missing.Add(gone);
        return ([.. internals], [.. missing]);

        void Look(EntityHandle handle, string name)
        {
            try
            {
                // Members of generic types need arguments to be looked up; any will do.
                Type[] any = [.. Enumerable.Repeat(typeof(object), 8)];
                MemberInfo? found = assembly.ManifestModule.ResolveMember(MetadataTokens.GetToken(handle), any, any);
                if (found is null) missing.Add(name);
                else if (!IsPublic(found)) internals.Add(name);
            }
            catch (Exception error) when (error is MissingMemberException or TypeLoadException or FileNotFoundException)
            {
                missing.Add($"{name}: {error.Message}");
            }
        }
    }

    private static bool IsPublic(MemberInfo member) => member switch
    {
        Type type => type.IsVisible,
        MethodBase method => method.IsPublic && method.DeclaringType!.IsVisible,
        FieldInfo field => field.IsPublic && field.DeclaringType!.IsVisible,
        _ => true,
    };

    /// <summary>Methods that were compiled as overrides but override nothing in the ML.NET that is loaded.</summary>
    private IEnumerable<string> OverridesOfNothing()
    {
        const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return
            from type in assembly.GetTypes()
            where !type.IsInterface
            from method in type.GetMethods(Declared)
            where method.IsVirtual && (method.Attributes & MethodAttributes.NewSlot) == 0 && method.GetBaseDefinition() == method
            select $"{type.BaseType}.{method.Name}, overridden in {type.Name}";
    }

    private bool IsMlNet(TypeReferenceHandle handle)
    {
        EntityHandle scope = metadata.GetTypeReference(handle).ResolutionScope;
        if (scope.Kind == HandleKind.TypeReference) return IsMlNet((TypeReferenceHandle)scope);
        if (scope.Kind != HandleKind.AssemblyReference) return false;
        string name = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name);
        return name.StartsWith("Microsoft.ML", StringComparison.Ordinal) && !own.Contains(name);
    }

    /// <summary>The type whose member it is; of a generic instance, the generic type.</summary>
    private TypeReferenceHandle? TypeOf(EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeReference) return (TypeReferenceHandle)parent;
        if (parent.Kind != HandleKind.TypeSpecification) return null;
        BlobReader signature = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance) return null;
        signature.ReadByte();
        EntityHandle generic = signature.ReadTypeHandle();
        return generic.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)generic : null;
    }

    private string NameOf(TypeReferenceHandle handle)
    {
        TypeReference type = metadata.GetTypeReference(handle);
        string name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference ? $"{NameOf((TypeReferenceHandle)type.ResolutionScope)}.{name}" : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}
