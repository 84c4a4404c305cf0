using System.Text.Json;

namespace Golden;

/// <summary>One golden file: a curve where it names a schedule, a trajectory where it names an optimizer. Its name says nothing.</summary>
public sealed record GoldenFile(string Path, JsonElement Root)
{
    /// <summary>The family of schedules, or null.</summary>
    public string? Schedule => Text("schedule");

    /// <summary>The optimizer, or null.</summary>
    public string? Optimizer => Text("optimizer");

    /// <summary>All golden files of a folder and its folders, in the order of their names.</summary>
    public static IReadOnlyList<GoldenFile> ReadAll(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(Read).Where(file => file.Schedule is not null || file.Optimizer is not null)];

    private static GoldenFile Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return new GoldenFile(path, document.RootElement.Clone());
    }

    private string? Text(string property) =>
        Root.ValueKind == JsonValueKind.Object && Root.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
