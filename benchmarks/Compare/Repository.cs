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
}
