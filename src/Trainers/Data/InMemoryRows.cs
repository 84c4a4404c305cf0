using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// The rows behind <c>LoadFromEnumerable</c> where they lie in an array or a list and hold plain values: read by their number, from any thread, without
/// a cursor. Any other view may compute its rows, by code that was never meant for two threads.
/// </summary>
internal abstract class InMemoryRows
{
    // Private to ML.NET. Where one of them is called something else one day, a cursor reads.
    private const string RowsField = "_data", DefinitionField = "_schemaDefn", PeeksField = "_peeks";

    /// <summary>The rows of a view; null where a cursor must read them.</summary>
    public static InMemoryRows? Of(RoleMappedData data, UsableRows usable)
    {
        Type view = data.Data.GetType();
        if (!view.IsGenericType || view.GetGenericTypeDefinition() != typeof(DataViewConstructionUtils.StreamingDataView<>)) return null;
        if (PrivateField(data.Data, RowsField) is not { } rows || PrivateField(data.Data, PeeksField) is not Delegate[] peeks
            || PrivateField(data.Data, DefinitionField) is not InternalSchemaDefinition definition) return null;
        var columns = new[] { data.Schema.Feature, data.Schema.Label, data.Schema.Weight }.OfType<DataViewSchema.Column>().ToArray();
        if (!columns.All(column => IsPlain(definition.Columns[column.Index]))) return null;
        var inMemory = (InMemoryRows)Activator.CreateInstance(
            typeof(InMemoryRows<>).MakeGenericType(view.GetGenericArguments()), usable, rows, columns, columns.Select(column => peeks[column.Index]).ToArray())!;
        return inMemory.CanRead ? inMemory : null;
    }

    /// <summary>Reads rows to where they shall lie.</summary>
    /// <exception cref="InvalidOperationException">A row cannot be used.</exception>
    public abstract void Read(int first, int count, Span<float> toFeatures, Span<float> toLabels, Span<float> toWeights);

    /// <summary>Whether the rows and their values are of kinds that are known here.</summary>
    private protected abstract bool CanRead { get; }

    private static object? PrivateField(object view, string name)
    {
        for (Type? type = view.GetType(); type is not null; type = type.BaseType)
            if (type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is { } field) return field.GetValue(view);
        return null;
    }

    /// <summary>Whether no code of the user's runs when a value is read: a field, or a property that the compiler wrote.</summary>
    private static bool IsPlain(InternalSchemaDefinition.Column column) => !column.IsComputed
        && (column.MemberInfo is FieldInfo
            || (column.MemberInfo is PropertyInfo { GetMethod: { } getter } && !(getter.IsVirtual && !getter.IsFinal) && getter.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)));
}
