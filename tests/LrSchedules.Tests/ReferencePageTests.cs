using Microsoft.VisualStudio.TestTools.UnitTesting;
using ScheduleCurves;

namespace Microsoft.ML.LrSchedules.Tests;

[TestClass]
public class ReferencePageTests
{
    [TestMethod]
    public void Docs_Schedules_AreWhatTheGeneratorWrites()
    {
        string docs = Path.Combine(Root(), "docs");
        foreach ((string path, string content) in ScheduleReference.Files())
        {
            string full = Path.Combine(docs, path);
            File.Exists(full).Should().BeTrue("{0} is written by: dotnet run --project examples/04-ScheduleCurves -- --docs docs", path);
            (File.ReadAllText(full).ReplaceLineEndings("\n") == content.ReplaceLineEndings("\n")).Should().BeTrue("{0} is written by: dotnet run --project examples/04-ScheduleCurves -- --docs docs", path);
        }
    }

    [TestMethod]
    public void Page_EverySchedule_HasASection()
    {
        string page = ScheduleReference.Files().First().Content;
        foreach (Type type in typeof(LrSchedule).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(LrSchedule)) || type.IsSubclassOf(typeof(Shape))))
            page.Should().Contain($"### {type.Name}\n");
    }

    [TestMethod]
    public void Page_Links_LeadToASection()
    {
        string page = ScheduleReference.Files().First().Content;
        string[] targets = [.. System.Text.RegularExpressions.Regex.Matches(page, @"\]\(#([a-z0-9-]+)\)").Select(match => match.Groups[1].Value).Distinct()];
        string[] sections = [.. page.Split('\n').Where(line => line.StartsWith('#')).Select(line => line.TrimStart('#', ' ').ToLowerInvariant().Replace(' ', '-'))];
        targets.Should().NotBeEmpty().And.BeSubsetOf(sections);
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MlNetLr.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run inside the repository");
    }
}
