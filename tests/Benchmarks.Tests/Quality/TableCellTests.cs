using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class TableCellTests
{
    [TestMethod]
    [DataRow("1", 1f)]
    [DataRow("-1.5e3", -1500f)]
    [DataRow(".5", 0.5f)]
    [DataRow("1 234", 1234f)]
    [DataRow("1\u00a0234 567.5", 1234567.5f)]
    [DataRow("1\u202f234", 1234f)]
    [DataRow("1'234", 1234f)]
    [DataRow("-1,234,567.25", -1234567.25f)]
    public void Number_EverySpelling_IsRead(string cell, float expected) => TableCell.Number(cell).Should().Be(expected);

    [TestMethod]
    [DataRow("12 34")]
    [DataRow("1234 567")]
    [DataRow("2020-01-31")]
    [DataRow("1.5.2")]
    [DataRow("12,34")]
    [DataRow("A 123")]
    public void IsNumber_OtherText_IsNone(string cell) => TableCell.IsNumber(cell).Should().BeFalse();

    [TestMethod]
    [DataRow("")]
    [DataRow("NA")]
    [DataRow("n/a")]
    [DataRow("NaN")]
    [DataRow("NULL")]
    [DataRow("None")]
    [DataRow("?")]
    [DataRow("-")]
    [DataRow(".")]
    [DataRow("#N/A")]
    [DataRow("<NA>")]
    [DataRow(@"\N")]
    [DataRow("-inf")]
    [DataRow("Infinity")]
    [DataRow("1e60")]
    public void Number_Missing_IsNaN(string cell) => TableCell.Number(cell).Should().Be(float.NaN);

    [TestMethod]
    [DataRow("1", "1.0")]
    [DataRow("-1", "-1.00")]
    [DataRow("0", "0.0")]
    public void Class_SameNumber_IsOneClass(string one, string other) => TableCell.Class(one).Should().Be(TableCell.Class(other));

    [TestMethod]
    [DataRow("-")]
    [DataRow("none")]
    public void IsMissingClass_OfWords_IsAClass(string cell) => TableCell.IsMissingClass(cell).Should().BeFalse();
}
