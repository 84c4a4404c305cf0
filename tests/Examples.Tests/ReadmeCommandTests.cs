using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Examples.Tests;

/// <summary>The commands that the pages of this repository tell a reader to type.</summary>
[TestClass]
public sealed class ReadmeCommandTests
{
    private static readonly string root = FindRoot(AppContext.BaseDirectory);

    public static IEnumerable<object[]> Commands =>
        from page in Directory.EnumerateFiles(Path.Combine(root, "examples"), "README.md", SearchOption.AllDirectories).Append(Path.Combine(root, "README.md"))
        from line in File.ReadAllText(page).ReplaceLineEndings("\n").Replace("\\\n", "").Split('\n')
        where line.StartsWith("dotnet run ", StringComparison.Ordinal)
        select new object[] { line.Split(" #")[0].Trim() };

    [TestMethod]
    public void Commands_OfThePages_AreFound() => Commands.Should().HaveCountGreaterThanOrEqualTo(4);

    [TestMethod]
    [DynamicData(nameof(Commands))]
    public void Command_Project_Exists(string command)
    {
        string folder = command.Split(' ').SkipWhile(word => word != "--project").ElementAt(1);
        Directory.EnumerateFiles(Path.Combine(root, folder), "*.csproj").Should().ContainSingle();
    }

    [TestMethod]
    [TestCategory("Slow")]
    [DynamicData(nameof(Commands))]
    public async Task Command_Typed_Succeeds(string command)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("readme");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        try
        {
            // Written to be typed in the repository's root; run elsewhere, so that nothing is left behind there.
            string[] words = [.. Regex.Matches(command, "\"(?<word>[^\"]*)\"|(?<word>[^ ]+)").Skip(1).Select(match => match.Groups["word"].Value)
                .Select(word => Path.Exists(Path.Combine(root, word)) ? Path.Combine(root, word) : word)];
            using Process process = Process.Start(new ProcessStartInfo("dotnet", words) { WorkingDirectory = folder.FullName, RedirectStandardError = true, RedirectStandardOutput = true })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            process.ExitCode.Should().Be(0, $"{await output}{await error}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "MlNetLr.sln")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
