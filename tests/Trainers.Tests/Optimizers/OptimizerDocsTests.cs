using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>docs/optimizers.md says of every optimizer what the code says.</summary>
[TestClass]
public class OptimizerDocsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "optimizers.md"));
    private static readonly XDocument Comments = XDocument.Load(Path.ChangeExtension(typeof(Optimizer).Assembly.Location, ".xml"));

    public static IEnumerable<object[]> Kinds => typeof(Optimizer).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(Optimizer))).Select(type => new object[] { type });

    [TestMethod]
    public void Page_HasASectionForEachOptimizerAndNoOther() =>
        Regex.Matches(Page, "^### (\\w+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value)
            .Should().BeEquivalentTo(Kinds.Select(row => ((Type)row[0]).Name));

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Formula_IsThatOfTheXmlComment(Type optimizer)
    {
        XElement code = Comments.Descendants("member").Single(member => (string?)member.Attribute("name") == "T:" + optimizer.FullName).Descendants("code").Single();

        foreach (string line in code.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            Section(optimizer).Should().Contain(line);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Defaults_AreThoseOfTheValue(Type optimizer)
    {
        Optimizer standard = OptimizerSchema.Prototype(optimizer.Name)!;
        Dictionary<string, string> told = Regex.Matches(Regex.Match(Section(optimizer), "^Defaults: (.*)$", RegexOptions.Multiline).Value, "`(\\w+) ([^`]+)`")
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        told["weightDecay"].Should().EndWith($"({OptimizerSchema.Camel(standard.DecayKind.ToString())})");
        told["weightDecay"] = told["weightDecay"].Split(' ')[0];
        foreach (PropertyInfo property in OptimizerSchema.Parameters(optimizer))
        {
            if (property.DeclaringType != optimizer && property.Name is not (nameof(Optimizer.LearningRate) or nameof(Optimizer.WeightDecay))) continue;
            string value = OptimizerSchema.ValueText(property.GetValue(standard));
            string doc = told.Should().ContainKey(OptimizerSchema.Camel(property.Name)).WhoseValue;
            if (double.TryParse(value, CultureInfo.InvariantCulture, out double number)) double.Parse(doc, CultureInfo.InvariantCulture).Should().Be(number);
            else doc.Should().Be(value);
        }
    }

    private static string Section(Type optimizer)
    {
        int start = Page.IndexOf($"\n### {optimizer.Name}\n", StringComparison.Ordinal);
        start.Should().BePositive("{0} has a section", optimizer.Name);
        int end = Page.IndexOf("\n## ", start + 1, StringComparison.Ordinal), next = Page.IndexOf("\n### ", start + 1, StringComparison.Ordinal);
        return Page[start..Math.Min(end < 0 ? Page.Length : end, next < 0 ? Page.Length : next)];
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MlNetLr.sln"))) folder = Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar))!;
        return folder;
    }
}
