using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>Where the application keeps its native libraries, and what they are called here.</summary>
internal static class NativeFolders
{
    /// <summary>The folders .NET itself searches, and those of a TorchSharp.dll used straight from its package; existing ones only.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Candidates().Where(Directory.Exists).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];

    /// <summary>The file name of the library <paramref name="name"/> on this operating system.</summary>
    public static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>The first of <paramref name="folders"/> that holds the library <paramref name="name"/>, or null.</summary>
    public static string? With(string name, IEnumerable<string> folders) =>
        folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, FileName(name))));

    private static IEnumerable<string> Candidates()
    {
        string rid = $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        string natives = Path.Combine("runtimes", rid, "native");
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string searched)
            foreach (string folder in searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
                yield return folder;
        yield return AppContext.BaseDirectory;
        yield return Path.Combine(AppContext.BaseDirectory, natives);
        if (Path.GetDirectoryName(typeof(torch).Assembly.Location) is { Length: > 0 } assembly)
        {
            yield return assembly;
            yield return Path.Combine(assembly, natives);
            yield return Path.Combine(assembly, "..", "..", natives);
        }
    }
}
