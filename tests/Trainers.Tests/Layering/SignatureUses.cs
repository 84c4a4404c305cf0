using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Trainers.Tests.Layering;

/// <summary>Decodes a signature into the types that it mentions.</summary>
internal sealed class SignatureUses(Func<EntityHandle, TypeUse> useOf) : ISignatureTypeProvider<ImmutableArray<TypeUse>, object?>
{
    public ImmutableArray<TypeUse> GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte kind) => [useOf(handle)];

    public ImmutableArray<TypeUse> GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte kind) => [useOf(handle)];

    public ImmutableArray<TypeUse> GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte kind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    public ImmutableArray<TypeUse> GetGenericInstantiation(ImmutableArray<TypeUse> type, ImmutableArray<ImmutableArray<TypeUse>> arguments) =>
        [.. type, .. arguments.SelectMany(argument => argument)];

    public ImmutableArray<TypeUse> GetFunctionPointerType(MethodSignature<ImmutableArray<TypeUse>> signature) =>
        [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(type => type)];

    public ImmutableArray<TypeUse> GetModifiedType(ImmutableArray<TypeUse> modifier, ImmutableArray<TypeUse> type, bool required) => [.. modifier, .. type];

    public ImmutableArray<TypeUse> GetArrayType(ImmutableArray<TypeUse> type, ArrayShape shape) => type;

    public ImmutableArray<TypeUse> GetSZArrayType(ImmutableArray<TypeUse> type) => type;

    public ImmutableArray<TypeUse> GetByReferenceType(ImmutableArray<TypeUse> type) => type;

    public ImmutableArray<TypeUse> GetPointerType(ImmutableArray<TypeUse> type) => type;

    public ImmutableArray<TypeUse> GetPinnedType(ImmutableArray<TypeUse> type) => type;

    public ImmutableArray<TypeUse> GetPrimitiveType(PrimitiveTypeCode code) => [];

    public ImmutableArray<TypeUse> GetGenericMethodParameter(object? context, int index) => [];

    public ImmutableArray<TypeUse> GetGenericTypeParameter(object? context, int index) => [];
}
