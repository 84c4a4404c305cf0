namespace MlNetLr.Benchmarks.Compare;

internal static class Repository
{
    /// <summary>The folder that holds the solution, upwards from the program; else the current one.</summary>
    public static string Folder
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "MlNetLr.sln"))) return folder.FullName;
            return Environment.CurrentDirectory;
        }
    }

    /// <summary>Where results of that name go, without an extension: to benchmarks/results, or to a path as it is given. The folder is made.</summary>
    public static string ResultPath(string name)
    {
        string path = Path.GetFileName(name) == name ? Path.Combine(Folder, "benchmarks", "results", name) : Path.GetFullPath(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
