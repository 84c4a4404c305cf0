using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Data;

[TestClass]
public sealed class DataReaderTests
{
    // 45,000 x 28 numbers: enough for several threads.
    private const int Many = 45_000, Columns = 28;

    private readonly MLContext context = new(seed: 1);

    public static IEnumerable<object[]> Kinds() => [[0], [1], [2], [3], [4]];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Read_AnyNumberOfThreads_SameBits(int kind)
    {
        RoleMappedData rows = Rows(kind);
        AreInMemory(rows).Should().BeTrue();
        // What is not ML.NET's own view is read by a cursor.
        var byCursor = new RoleMappedData(new Miscounted(rows.Data, Many), rows.Schema.GetColumnRoleNames());
        AreInMemory(byCursor).Should().BeFalse();
        TrainingData one = Read(byCursor, threads: 1);
        foreach (int threads in new[] { 1, 2, 4 })
        {
            TrainingData several = Read(rows, threads);
            (several.Rows, several.Columns, several.LabelColumns).Should().Be((one.Rows, one.Columns, one.LabelColumns));
            several.Features.Span.SequenceEqual(one.Features.Span).Should().BeTrue();
            several.Labels.Span.SequenceEqual(one.Labels.Span).Should().BeTrue();
            several.Weights.Span.SequenceEqual(one.Weights.Span).Should().BeTrue();
        }
        int last = Many - 1;
        float[] expected = Features(last);
        if (kind == 3) expected.AsSpan(3).Clear();
        one.Features[(last * Columns)..].ToArray().Should().Equal(expected);
        one.Labels.Length.Should().Be(Many * one.LabelColumns);
        one.Weights.Length.Should().Be(kind == 0 ? Many : 0);
    }

    [TestMethod]
    public void Read_UnknownNumberOfRows_SameBits()
    {
        TrainingData known = Read(Rows(0), threads: 1);
        TrainingData unknown = Read(Roles(context.Data.LoadFromEnumerable(Weighted().Select(row => row)), weight: "Weight"), threads: 2);
        unknown.Rows.Should().Be(Many);
        unknown.Features.Span.SequenceEqual(known.Features.Span).Should().BeTrue();
        unknown.Labels.Span.SequenceEqual(known.Labels.Span).Should().BeTrue();
        unknown.Weights.Span.SequenceEqual(known.Weights.Span).Should().BeTrue();
    }

    [TestMethod]
    [DataRow(0L)]
    [DataRow(7L)]
    [DataRow(200L)]
    public void Read_ViewThatMiscounts_ReadsTheRowsThatThereAre(long count)
    {
        IDataView view = context.Data.LoadFromEnumerable(Weighted().Take(100).ToList());
        TrainingData read = Read(Roles(new Miscounted(view, count), weight: "Weight"), threads: 2);
        read.Rows.Should().Be(100);
        read.Features.ToArray().Should().Equal(Enumerable.Range(0, 100).SelectMany(Features));
        read.Labels.ToArray().Should().Equal(Enumerable.Range(0, 100).Select(row => (float)row));
        read.Weights.ToArray().Should().Equal(Enumerable.Range(0, 100).Select(row => 1 + row % 3f));
    }

    [TestMethod]
    public void Read_SeveralUnusableValues_NamesTheFirstRow()
    {
        List<WeightedRow> rows = Weighted();
        IDataView view = context.Data.LoadFromEnumerable(rows);
        Gen.Select(Gen.Int[0, Many - 1], Gen.Int[0, 2]).List[1, 6].Sample(bad =>
        {
            foreach ((int row, int what) in bad) Spoil(rows[row], row, what);
            try
            {
                (int row, int what) first = bad.OrderBy(each => each.Item1).ThenBy(each => each.Item2).First();
                string column = first.what switch { 0 => "Features", 1 => "Label", _ => "Weight" };
                foreach (int threads in new[] { 1, 2, 3 })
                    FluentActions.Invoking(() => Read(Roles(view, weight: "Weight"), threads)).Should().Throw<InvalidOperationException>()
                        .WithMessage($"Column '{column}' of row {first.row} *");
            }
            finally
            {
                foreach ((int row, _) in bad) rows[row] = new WeightedRow { Features = Features(row), Label = row, Weight = 1 + row % 3f };
            }
        }, iter: 40, threads: 1);

        static void Spoil(WeightedRow row, int number, int what)
        {
            if (what == 0) row.Features[number % Columns] = float.NaN;
            else if (what == 1) row.Label = float.PositiveInfinity;
            else row.Weight = -1;
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Read_UnknownClass_NamesTheRowUnlessAnEarlierOneIsBad(int threads)
    {
        List<KeyRow> rows = Keys();
        rows[30_000].Label = 9;
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads, classes: 3)).Should().Throw<InvalidOperationException>()
            .WithMessage("Column 'Label' of row 30000 *from 1 to 3 but was missing*");
        rows[29_999].Features[4] = float.NaN;
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads, classes: 3)).Should().Throw<InvalidOperationException>()
            .WithMessage("Column 'Features' of row 29999 *slot 4 was NaN*");
    }

    [TestMethod]
    [DataRow(40, "*of row 40 *")]
    [DataRow(60, "row 50 has gone")]
    public void Read_RowThatThrows_FirstOfBothIsTold(int unusable, string message)
    {
        List<ThrowingRow> rows = [.. Enumerable.Range(0, 100).Select(row => new ThrowingRow { Number = row == 50 ? -1 : row, Features = Features(row) })];
        rows[unusable].Features[0] = float.NaN;
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads: 2)).Should().Throw<InvalidOperationException>().WithMessage(message);
    }

    [TestMethod]
    public void Read_MissingValuesAllowedInSomeColumns_KeepsThemThereOnly()
    {
        List<PlainRow> rows = [.. Enumerable.Range(0, 2000).Select(row => new PlainRow { Features = Features(row), Label = row })];
        rows[3].Features[5] = rows[1500].Features[5] = rows[1501].Features[5] = float.NaN;
        IDataView view = context.Data.LoadFromEnumerable(rows);
        TrainingData read = DataReader.Read(Roles(view), 0, column => column == 5, () => { });
        Enumerable.Range(0, read.Features.Length).Where(i => float.IsNaN(read.Features.Span[i])).Should().Equal(3 * Columns + 5, 1500 * Columns + 5, 1501 * Columns + 5);
        rows[1501].Features[6] = float.NaN;
        FluentActions.Invoking(() => DataReader.Read(Roles(view), 0, column => column == 5, () => { })).Should().Throw<InvalidOperationException>()
            .WithMessage("*row 1501 *slot 6 was NaN*");
        rows[1501].Features[6] = 0;
        rows[1501].Features[5] = float.NegativeInfinity;
        FluentActions.Invoking(() => DataReader.Read(Roles(view), 0, column => column == 5, () => { })).Should().Throw<InvalidOperationException>()
            .WithMessage("*row 1501 *slot 5 was -Infinity*");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(5)]
    [DataRow(29)]
    public void Read_RowOfOtherLength_NamesIt(int length)
    {
        List<PlainRow> rows = [.. Enumerable.Range(0, 100).Select(row => new PlainRow { Features = Features(row), Label = row })];
        rows[70].Features = new float[length];
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads: 1)).Should().Throw<InvalidOperationException>()
            .WithMessage($"Column 'Features' of row 70 *vector of 28*had {length} values*");
    }

    [TestMethod]
    [DataRow(1, 3)]
    // Where another thread reads as well, it may have taken all blocks before this one is asked a second time.
    [DataRow(2, 1)]
    public void Read_Cancelled_EndsWithin(int threads, int question)
    {
        int asked = 0;
        FluentActions.Invoking(() => DataReader.Read(Rows(2), 0, _ => false, () =>
        {
            if (++asked == question) throw new OperationCanceledException();
        }, threads)).Should().Throw<OperationCanceledException>();
        asked.Should().Be(question);
    }

    [TestMethod]
    [DataRow(40, "*of row 40 *")]
    [DataRow(60, "Row 50 *null*")]
    public void Read_NullInMemory_FirstOfBothIsTold(int unusable, string message)
    {
        List<PlainRow> rows = [.. Enumerable.Range(0, 100).Select(row => new PlainRow { Features = Features(row), Label = row })];
        rows[unusable].Features[0] = float.NaN;
        rows[50] = null!;
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads: 2)).Should().Throw<InvalidOperationException>().WithMessage(message);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Read_LabelsOfOtherLength_NamesTheRowUnlessAnEarlierOneIsBad(int length)
    {
        List<VectorRow> rows = [.. Enumerable.Range(0, 100).Select(row => new VectorRow { Features = Features(row), Label = [row, -row] })];
        rows[70].Label = new float[length];
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads: 1)).Should().Throw<InvalidOperationException>()
            .WithMessage($"Column 'Label' of row 70 *vector of 2*had {length} values*");
        rows[69].Label[1] = float.NaN;
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads: 1)).Should().Throw<InvalidOperationException>()
            .WithMessage("Column 'Label' of row 69 *slot 1 was NaN*");
        rows[68].Features = null!;
        FluentActions.Invoking(() => Read(Roles(context.Data.LoadFromEnumerable(rows)), threads: 1)).Should().Throw<InvalidOperationException>()
            .WithMessage("Column 'Features' of row 68 *vector of 28*had 0 values*");
    }

    [TestMethod]
    public void InMemory_ArraysAndListsOfPlainValues_Only()
    {
        List<PlainRow> rows = [new() { Features = Features(0) }];
        AreInMemory(Roles(context.Data.LoadFromEnumerable(rows))).Should().BeTrue();
        AreInMemory(Roles(context.Data.LoadFromEnumerable(rows.ToArray()))).Should().BeTrue();
        AreInMemory(Roles(context.Data.LoadFromEnumerable<PlainRow>(new DerivedRow[] { new() }))).Should().BeTrue();
        AreInMemory(Roles(context.Data.LoadFromEnumerable(new[] { new RecordRow(1, new float[Columns]) }))).Should().BeTrue();
        AreInMemory(Roles(context.Data.LoadFromEnumerable(new List<OtherwiseLazyRow> { new() }))).Should().BeTrue("what is read is plain");

        AreInMemory(Roles(context.Data.LoadFromEnumerable(rows.Where(_ => true)))).Should().BeFalse("a sequence is computed");
        AreInMemory(Roles(context.Data.LoadFromEnumerable(new System.Collections.ObjectModel.Collection<PlainRow>(rows)))).Should().BeFalse("its items may be computed");
        AreInMemory(Roles(context.Data.LoadFromEnumerable(new List<ThrowingRow> { new() }))).Should().BeFalse("a property runs the user's code");
        AreInMemory(Roles(context.Data.LoadFromEnumerable(new List<VirtualRow> { new() }))).Should().BeFalse("a class derived from it may run code");
        AreInMemory(Roles(context.Data.LoadFromEnumerable(new List<LazyRow> { new() }))).Should().BeFalse("a property with a field of its own runs the user's code");
        AreInMemory(Roles(context.Data.Cache(context.Data.LoadFromEnumerable(rows)))).Should().BeFalse();
        AreInMemory(Roles(context.Data.SkipRows(context.Data.LoadFromEnumerable(rows), 1))).Should().BeFalse();

        SchemaDefinition computed = SchemaDefinition.Create(typeof(PlainRow));
        computed[nameof(PlainRow.Label)].Generator = (Peek<PlainRow, float>)((PlainRow _, long position, ref float label) => label = position);
        AreInMemory(Roles(context.Data.LoadFromEnumerable(rows, computed))).Should().BeFalse("a generated column runs the user's code");
    }

    [TestMethod]
    public void Read_RowsOfADerivedClassInAnArrayOfIt_AreRead()
    {
        DerivedRow[] rows = [.. Enumerable.Range(0, 100).Select(row => new DerivedRow { Features = Features(row), Label = row })];
        Read(Roles(context.Data.LoadFromEnumerable<PlainRow>(rows)), threads: 1).Labels.ToArray().Should().Equal(Enumerable.Range(0, 100).Select(row => (float)row));
    }

    private static bool AreInMemory(RoleMappedData rows) => InMemoryRows.Of(rows, new UsableRows(rows, 3, _ => false)) is not null;

    private static TrainingData Read(RoleMappedData rows, int threads, int classes = 3) => DataReader.Read(rows, classes, _ => false, () => { }, threads);

    private static RoleMappedData Roles(IDataView view, string? weight = null) => new(view, label: "Label", feature: "Features", weight: weight);

    // Weights; keys; plain; sparse features; several labels.
    private RoleMappedData Rows(int kind) => kind switch
    {
        0 => Roles(context.Data.LoadFromEnumerable(Weighted()), weight: "Weight"),
        1 => Roles(context.Data.LoadFromEnumerable(Keys())),
        2 => Roles(context.Data.LoadFromEnumerable(Enumerable.Range(0, Many).Select(row => new PlainRow { Features = Features(row), Label = row }).ToArray())),
        3 => Roles(context.Data.LoadFromEnumerable(Enumerable.Range(0, Many).Select(row =>
            new SparseRow { Features = new VBuffer<float>(Columns, 3, Features(row)[..3], [0, 1, 2]), Label = row % 2 == 0 }).ToList())),
        _ => Roles(context.Data.LoadFromEnumerable(Enumerable.Range(0, Many).Select(row => new VectorRow { Features = Features(row), Label = [row, -row] }).ToList())),
    };

    private static List<WeightedRow> Weighted() => [.. Enumerable.Range(0, Many).Select(row => new WeightedRow { Features = Features(row), Label = row, Weight = 1 + row % 3f })];

    private static List<KeyRow> Keys() => [.. Enumerable.Range(0, Many).Select(row => new KeyRow { Features = Features(row), Label = (uint)row % 3 })];

    private static float[] Features(int row) => [.. Enumerable.Range(0, Columns).Select(column => row * 31 % 1009 - column / 7f)];

    private class PlainRow
    {
        [VectorType(Columns)] public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class DerivedRow : PlainRow;

    private sealed class WeightedRow
    {
        [VectorType(Columns)] public float[] Features = [];

        public float Label;

        public float Weight;
    }

    private sealed class KeyRow
    {
        [VectorType(Columns)] public float[] Features = [];

        // In memory a key type counts from 0.
        [KeyType(3)] public uint Label;
    }

    private sealed class SparseRow
    {
        [VectorType(Columns)] public VBuffer<float> Features;

        public bool Label;
    }

    private sealed class VectorRow
    {
        [VectorType(Columns)] public float[] Features = [];

        [VectorType(2)] public float[] Label = [];
    }

    private sealed class ThrowingRow
    {
        public int Number;

        [VectorType(Columns)] public float[] Features { get; set; } = [];

        public float Label => Number >= 0 ? Number : throw new InvalidOperationException("row 50 has gone");
    }

    private class VirtualRow
    {
        [VectorType(Columns)] public float[] Features { get; set; } = [];

        public virtual float Label { get; set; }
    }

    private sealed class LazyRow
    {
        [VectorType(Columns)] public float[] Features { get; set; } = [];

        public float Label => field == 0 ? field = 1 : field;
    }

    private sealed class OtherwiseLazyRow
    {
        [VectorType(Columns)] public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public float Weight => Label + 1;
    }

    private sealed record RecordRow(float Label, [property: VectorType(Columns)] float[] Features);

    /// <summary>A view that says it has another number of rows.</summary>
    private sealed class Miscounted(IDataView view, long count) : IDataView
    {
        public bool CanShuffle => false;

        public DataViewSchema Schema => view.Schema;

        public long? GetRowCount() => count;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => view.GetRowCursor(columnsNeeded);

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => view.GetRowCursorSet(columnsNeeded, n);
    }
}
