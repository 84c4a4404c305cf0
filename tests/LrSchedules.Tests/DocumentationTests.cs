using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests;

[TestClass]
public class DocumentationTests
{
    private static readonly Assembly Library = typeof(LrSchedule).Assembly;

    private static readonly ILookup<string, XElement> Entries = XElement.Load(Path.ChangeExtension(Library.Location, ".xml"))
        .Element("members")!.Elements().ToLookup(member => Bare(member.Attribute("name")!.Value[2..]));

    [TestMethod]
    public void PublicMembers_All_AreDocumented()
    {
        string[] undocumented = [.. Library.GetExportedTypes().Where(IsWritten).SelectMany(Names).Where(name => !Entries[name].Any(IsText))];
        undocumented.Should().BeEmpty();
    }

    [TestMethod]
    public void Schedules_All_StateTheirFormula() =>
        Library.GetExportedTypes().Where(type => !type.IsAbstract && (type.IsSubclassOf(typeof(LrSchedule)) || type.IsSubclassOf(typeof(Shape))))
            .Where(type => !Entries[type.FullName!].Single().Descendants().Any(element => element.Name == "c" || element.Name == "code"))
            .Should().BeEmpty();

    [TestMethod]
    public void Schedules_All_AreSealedAndComparable() =>
        Library.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(LrSchedule)) || type.IsSubclassOf(typeof(Shape)))
            .Should().HaveCountGreaterThan(25).And.OnlyContain(type => type.IsSealed && type.GetConstructors().Length == 0);

    private static IEnumerable<string> Names(Type type)
    {
        string name = type.FullName!.Replace('+', '.');
        yield return name;
        const BindingFlags own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (MemberInfo member in type.GetMembers(own).Where(IsWritten))
        {
            if (member is Type || member is MethodInfo { IsSpecialName: true } method && !method.Name.StartsWith("op_", StringComparison.Ordinal))
                continue;
            if (type.IsEnum && member.Name == "value__" || Attribute.IsDefined(type, typeof(CompilerGeneratedAttribute)))
                continue;
            if (member is ConstructorInfo constructor && (Records.Contains(type.Name) || constructor.GetParameters().Length == 0))
                continue;
            yield return name + "." + (member is ConstructorInfo ? "#ctor" : member.Name);
        }
    }

    // Positional records document their parameters on the type.
    private static readonly string[] Records = ["PlateauState", "RangeTestResult", "SchedulePoint", "SchedulePhase"];

    private static bool IsWritten(MemberInfo member) =>
        !Attribute.IsDefined(member, typeof(CompilerGeneratedAttribute)) && !member.Name.Contains('<', StringComparison.Ordinal)
        && !(member is MethodInfo { Name: "Deconstruct" }) && !(member is PropertyInfo && Records.Contains(member.DeclaringType!.Name))
        && !(member is ConstructorInfo { IsStatic: true });

    private static bool IsText(XElement entry) => entry.Descendants("summary").Any(summary => summary.Value.Trim().Length > 1) || entry.Element("inheritdoc") is not null;

    // Extension members stand under generated names of their blocks; the last part is theirs.
    private static string Bare(string name)
    {
        string bare = name.Split('(')[0];
        int generated = bare.IndexOf(".<", StringComparison.Ordinal);
        bare = generated < 0 ? bare : bare[..generated] + bare[bare.LastIndexOf('.')..];
        int generic = bare.IndexOf('`', StringComparison.Ordinal);
        return generic < 0 ? bare : bare[..generic];
    }
}
