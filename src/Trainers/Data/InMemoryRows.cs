using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Which views two threads may read at once, each with a cursor of its own: <c>LoadFromEnumerable</c> over an array or a list whose rows hold plain
/// values. Skipping rows costs such a cursor next to nothing. Any other view may compute its rows, by code that was never meant for two threads.
/// </summary>
internal static class InMemoryRows
{
    // Private to ML.NET. Where it is called something else one day, one cursor reads.
    private const string RowsField = "_data";

    public static bool AreIn(IDataView view)
    {
        Type type = view.GetType();
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(DataViewConstructionUtils.StreamingDataView<>)) return false;
        object? rows = type.GetField(RowsField, BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(view);
        return (rows is Array || rows?.GetType() is { IsGenericType: true } list && list.GetGenericTypeDefinition() == typeof(List<>))
            && HasPlainValues(type.GetGenericArguments()[0]);
    }

    /// <summary>Whether no code of the user's runs when a row is read: fields, and properties that the compiler wrote.</summary>
    private static bool HasPlainValues(Type row)
    {
        foreach (PropertyInfo property in row.GetProperties(BindingFlags.Instance | BindingFlags.Public))
            if (property.GetMethod is { } getter && ((getter.IsVirtual && !getter.IsFinal) || !getter.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)))
                return false;
        return true;
    }
}
