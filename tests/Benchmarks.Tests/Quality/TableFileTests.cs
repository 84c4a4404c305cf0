using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

/// <summary>Files as people have them.</summary>
[TestClass]
public sealed class TableFileTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("table").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    public static IEnumerable<object[]> Spellings =>
    [
        ["a,y\n1,2\n3,4\n"],
        ["a,y\r\n1,2\r\n3,4\r\n"],
        ["a,y\r1,2\r3,4\r"],
        ["\ufeffa,y\n1,2\n3,4"],
        ["\"a\",\"y\"\n\"1\",\"2\"\n\"3\",\"4\"\n"],
        ["a\ty\n1\t2\n3\t4\n"],
        ["a;y\n1;2\n3;4\n"],
        ["a|y\n1|2\n3|4\n"],
        ["a y\n1 2\n3 4\n"],
        ["  a   y\n  1   2\n  3   4\n"],
        ["# made by hand\n# on a Monday, late\na,y\n1,2\n3,4\n"],
        ["#a,y\n1,2\n3,4\n"],
        ["// a remark\na,y\n\n1,2\n3,4\n\n"],
    ];

    [TestMethod]
    [DynamicData(nameof(Spellings))]
    public void Read_EverySpelling_GivesTheSameTable(string text)
    {
        TableFile table = Read(text);
        table.Names.Should().Equal("a", "y");
        table.Rows.Should().BeEquivalentTo((string[][])[["1", "2"], ["3", "4"]], options => options.WithStrictOrdering());
    }

    [TestMethod]
    public void Read_RowNumbersWithoutAName_GetAnEmptyName()
    {
        TableFile table = Read("\"a\" \"y\"\n\"1\" 5 6\n\"2\" 7 8\n");
        table.Names.Should().Equal("", "a", "y");
        table.Rows[1].Should().Equal("2", "7", "8");
    }

    [TestMethod]
    public void Read_OneTabBesideBlanks_IsABlankToo() => Read("18.0 8 307.0\t\"chevy malibu\"\n15.0 8 350.0\t\"buick skylark\"\n", "first").Rows[0].Should().Equal("18.0", "8", "307.0", "chevy malibu");

    [TestMethod]
    public void Read_ListsWithinCells_DoNotSeparate() => Read("1,Comedy|Drama,3\n2,Horror|Drama,4\n3,War|Fun|Love,5\n", "last").Rows[0].Should().Equal("1", "Comedy|Drama", "3");

    [TestMethod]
    public void Read_QuotedCells_HoldSeparatorsLineEndsAndQuotes()
    {
        string lines = string.Concat(Enumerable.Range(0, 30).Select(i => $"{i},\"one \"\"{i}\"\",\nor two\",5\n"));
        Read("a,note,y\n" + lines).Rows[3].Should().Equal("3", "one \"3\",\nor two", "5");
    }

    [TestMethod]
    public void Read_QuoteWithinACell_IsALetter() => Read("screen,y\n24\" flat,1\n27\" flat,2\n").Rows[0].Should().Equal("24\" flat", "1");

    [TestMethod]
    public void Read_OpenQuote_SaysInWhichLine() =>
        ((Func<TableFile>)(() => Read("a,y\n1,2\n\"3,4\n5,6\n"))).Should().Throw<InvalidDataException>().WithMessage("*that of line 3 does not.*");

    [TestMethod]
    public void Read_Latin1_KeepsLetters()
    {
        string path = Path.Combine(folder, "t.csv");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("größe,y\n1,é\n2,è\n"));
        TableFile table = TableFile.Read(path, "y");
        table.Names[0].Should().Be("größe");
        table.Rows[0][1].Should().Be("é");
    }

    [TestMethod]
    [DataRow("a;y\n1,5;2,25\n3;4\n", "1.5", "2.25")]
    [DataRow("a;y\n1.234,5;2 345,25\n3;4\n", "1234.5", "2345.25")]
    public void Read_CommaBesideAnotherSeparator_IsADecimalMark(string text, string first, string second) => Read(text).Rows[0].Should().Equal(first, second);

    [TestMethod]
    [DataRow("1,red,2\n3,blue,4\n5,red,6\n", "last", false)]
    [DataRow("1,red,2\n3,blue,4\n5,red,6\n", "0", false)]
    [DataRow("name,2018,2019\nred,1,2\nblue,3,4\n", "2019", true)]
    [DataRow("cls,p,q\ne,x,s\np,y,t\ne,x,t\np,y,s\n", "first", true)]
    [DataRow("e,x,s\np,y,t\ne,x,t\np,y,s\n", "first", false)]
    [DataRow("id,p\nu1,Bob\nu2,Eve\nu3,Joe\n", "p", true)]
    [DataRow("u1,Bob\nu2,Eve\nu3,Joe\n", "last", false)]
    public void Read_Header_IsFound(string text, string label, bool expected) => Read(text, label).HasHeader.Should().Be(expected);

    [TestMethod]
    [DataRow("y (EUR)", 3)]
    [DataRow("y", 3)]
    [DataRow("Y", 3)]
    [DataRow("length of a", 0)]
    [DataRow("b", 1)]
    [DataRow("temp", 4)]
    [DataRow("temp (C)", 5)]
    [DataRow("first", 0)]
    [DataRow("last", 5)]
    [DataRow("2", 2)]
    public void Column_NameOrPlace_IsFound(string label, int expected) =>
        Read("length of a (cm),b [kg],c,y (EUR),temp,temp (C)\n1,2,3,4,5,6\n7,8,9,1,2,3\n", label).Column(label).Should().Be(expected);

    [TestMethod]
    public void Column_OfTwoColumns_SaysWhich() => ((Func<int>)(() => Read("y (a),y (b)\n1,2\n3,4\n").Column("y"))).Should().Throw<ArgumentException>().WithMessage("*'y (a)' or 'y (b)'*");

    [TestMethod]
    public void Column_OfNone_NamesThoseThereAre() => ((Func<int>)(() => Read("a,y\n1,2\n3,4\n").Column("z"))).Should().Throw<ArgumentException>().WithMessage("*but was 'z'. There are: a, y; or first, last*");

    [TestMethod]
    public void InOrderOf_OtherOrderAndMoreColumns_TakesColumnsByName()
    {
        TableFile test = Read("y,z,b,a\n4,9,2,1\n8,9,6,5\n").InOrderOf(Read("a,b,y\n1,2,4\n5,6,8\n"), "test.csv");
        test.Names.Should().Equal("a", "b", "y");
        test.Rows[1].Should().Equal("5", "6", "8");
    }

    [TestMethod]
    public void InOrderOf_ColumnsOfOneName_KeepTheirOrder() => Read("y,x,x\n3,1,2\n6,4,5\n").InOrderOf(Read("x,x,y\n1,2,3\n4,5,6\n"), "").Rows[0].Should().Equal("1", "2", "3");

    [TestMethod]
    public void InOrderOf_LackingColumn_SaysWhich() =>
        ((Func<TableFile>)(() => Read("y,b\n4,2\n8,6\n").InOrderOf(Read("a,b,y\n1,2,4\n5,6,8\n"), "test.csv"))).Should().Throw<InvalidDataException>().WithMessage("test.csv*lacks 'a'*");

    [TestMethod]
    [DataRow("", "at least two lines but has 0")]
    [DataRow("a,y\n", "at least two lines but has 1")]
    [DataRow("a,y\n1,2\n3\n", "row 2 must have 2 cells but has 1")]
    public void Read_NoTable_SaysSo(string text, string message) => ((Func<TableFile>)(() => Read(text))).Should().Throw<InvalidDataException>().WithMessage($"*{message}*");

    private TableFile Read(string text, string label = "y")
    {
        string path = Path.Combine(folder, "t.csv");
        File.WriteAllText(path, text);
        return TableFile.Read(path, label);
    }
}
