using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Models;

[TestClass]
public sealed class BatchScoredViewTests
{
    private readonly MLContext context = new(1);

    private static FittedNetwork Tabular => Networks.Fitted(Networks.OfEveryKind["tabular"]);

    private NetworkRegressionModelParameters One => new(context, Tabular);

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(31)]
    [DataRow(32)]
    [DataRow(33)]
    [DataRow(5000)]
    public void ScoreInBatches_AnyNumberOfRows_EqualsTheTransformerBitForBit(int rows)
    {
        IDataView data = Transformers.Data(context, rows);
        IDataView one = Transformers.Regression(context, data, Tabular).Transform(data), batched = One.ScoreInBatches(data);

        batched.GetColumn<float>("Score").Should().Equal(one.GetColumn<float>("Score"));
        batched.GetColumn<float>("Label").Should().Equal(data.GetColumn<float>("Label"));
        batched.GetColumn<float[]>("Features").SelectMany(value => value).Should().Equal(data.GetColumn<float[]>("Features").SelectMany(value => value));
        batched.GetRowCount().Should().Be(data.GetRowCount());
    }

    [TestMethod]
    public void ScoreInBatches_SeveralOutputs_ScoreIsAVector()
    {
        IDataView data = Transformers.Data(context, 100);
        FittedNetwork three = Networks.Fitted(Networks.OfEveryKind["gelu"]);

        new NetworkVectorRegressionModelParameters(context, three).ScoreInBatches(data).GetColumn<float[]>("Score").SelectMany(value => value)
            .Should().Equal(Transformers.VectorRegression(context, data, three).Transform(data).GetColumn<float[]>("Score").SelectMany(value => value));
    }

    [TestMethod]
    public void GetRowCursor_PositionsAndIds_AreTheSources()
    {
        IDataView data = Transformers.Data(context, 200), batched = One.ScoreInBatches(data);
        using DataViewRowCursor plain = data.GetRowCursor([]), scored = batched.GetRowCursor(batched.Schema);
        ValueGetter<DataViewRowId> plainId = plain.GetIdGetter(), scoredId = scored.GetIdGetter();
        DataViewRowId a = default, b = default;

        scored.Position.Should().Be(-1);
        while (plain.MoveNext())
        {
            scored.MoveNext().Should().BeTrue();
            plainId(ref a);
            scoredId(ref b);
            (b, scored.Position, scored.Batch).Should().Be((a, plain.Position, plain.Batch));
        }
        scored.MoveNext().Should().BeFalse();
        scored.MoveNext().Should().BeFalse();
        scored.Position.Should().Be(-1);
    }

    [TestMethod]
    public void GetRowCursor_Shuffled_KeepsScoresWithTheirRows()
    {
        IDataView data = context.Data.Cache(Transformers.Data(context, 500));
        IDataView batched = One.ScoreInBatches(data);
        batched.CanShuffle.Should().BeTrue();
        Dictionary<float, float> scoreOfLabel = batched.GetColumn<float>("Label").Zip(batched.GetColumn<float>("Score")).ToDictionary();
        using DataViewRowCursor cursor = batched.GetRowCursor(batched.Schema, new Random(3));
        ValueGetter<float> labels = cursor.GetGetter<float>(batched.Schema["Label"]), scores = cursor.GetGetter<float>(batched.Schema["Score"]);
        var seen = new List<float>();

        while (cursor.MoveNext())
        {
            float label = 0, score = 0;
            scores(ref score);
            labels(ref label);
            score.Should().Be(scoreOfLabel[label]);
            seen.Add(label);
        }

        seen.Should().BeEquivalentTo(scoreOfLabel.Keys);
        seen.Should().NotEqual(scoreOfLabel.Keys);
    }

    [TestMethod]
    public void GetRowCursorSet_OverItsCursors_HasEveryRowOnce()
    {
        IDataView batched = One.ScoreInBatches(context.Data.Cache(Transformers.Data(context, 3000)));
        float[] expected = [.. batched.GetColumn<float>("Score")];
        var found = new List<float>();

        foreach (DataViewRowCursor cursor in batched.GetRowCursorSet([batched.Schema["Score"]], 3))
            using (cursor)
            {
                ValueGetter<float> scores = cursor.GetGetter<float>(batched.Schema["Score"]);
                float score = 0;
                while (cursor.MoveNext())
                {
                    scores(ref score);
                    found.Add(score);
                }
            }

        found.Order().Should().Equal(expected.Order());
    }

    [TestMethod]
    public void GetRowCursor_FirstRowOnly_ReadsFewAhead()
    {
        int read = 0;
        IEnumerable<Row> Source()
        {
            for (int i = 0; i < 10_000; i++)
            {
                read++;
                yield return new Row { Features = new float[Transformers.Columns] };
            }
        }
        IDataView batched = One.ScoreInBatches(context.Data.LoadFromEnumerable(Source()));
        using DataViewRowCursor cursor = batched.GetRowCursor([batched.Schema["Score"]]);

        cursor.MoveNext().Should().BeTrue();

        read.Should().BeLessThanOrEqualTo(33);
    }

    [TestMethod]
    public void GetRowCursor_ScoreNotWanted_ReadsRowByRow()
    {
        IDataView batched = One.ScoreInBatches(Transformers.Data(context, 10));
        using DataViewRowCursor cursor = batched.GetRowCursor([batched.Schema["Label"]]);

        cursor.IsColumnActive(batched.Schema["Score"]).Should().BeFalse();
        FluentActions.Invoking(() => cursor.GetGetter<float>(batched.Schema["Score"])).Should().Throw<ArgumentOutOfRangeException>().WithMessage("Column 'Score' must be active*");
        batched.GetColumn<float>("Label").Should().HaveCount(10);
    }

    [TestMethod]
    public void GetRowCursor_ColumnOfObjects_IsReadRowByRow()
    {
        // The source hands out one object again and again, as readers of images do.
        var reused = new Payload();
        IEnumerable<RowWithPayload> Source()
        {
            for (int i = 0; i < 50; i++)
            {
                reused.Number = i;
                yield return new RowWithPayload { Features = new float[Transformers.Columns], Payload = reused };
            }
        }
        IDataView batched = One.ScoreInBatches(context.Data.LoadFromEnumerable(Source()));
        using DataViewRowCursor cursor = batched.GetRowCursor(batched.Schema);
        ValueGetter<Payload> payloads = cursor.GetGetter<Payload>(batched.Schema["Payload"]);
        Payload? payload = null;

        for (int i = 0; i < 50; i++)
        {
            cursor.MoveNext().Should().BeTrue();
            payloads(ref payload!);
            payload.Number.Should().Be(i);
        }
        cursor.MoveNext().Should().BeFalse();
    }

    [TestMethod]
    public void GetGetter_WrongType_SaysWhich()
    {
        IDataView batched = One.ScoreInBatches(Transformers.Data(context, 10));
        using DataViewRowCursor cursor = batched.GetRowCursor(batched.Schema);

        FluentActions.Invoking(() => cursor.GetGetter<double>(batched.Schema["Score"])).Should().Throw<InvalidOperationException>().WithMessage("Column 'Score' holds System.Single*System.Double*");
    }

    [TestMethod]
    public void Evaluate_AfterFilterAndScoring_Works()
    {
        IDataView data = context.Data.FilterRowsByColumn(Transformers.Data(context, 300), "Label", -1, 1);
        IDataView batched = context.Data.FilterRowsByColumn(One.ScoreInBatches(data), "Score", -100, 100);

        context.Regression.Evaluate(batched).MeanSquaredError.Should()
            .Be(context.Regression.Evaluate(Transformers.Regression(context, data, Tabular).Transform(data)).MeanSquaredError);
    }

    [TestMethod]
    [DataRow("Nope", "featureColumnName must name a column but was 'Nope'. There are: Features, *")]
    [DataRow("Label", "Column 'Label' must be Vector<Single, 6> but was Single.*")]
    public void ScoreInBatches_ColumnThatDoesNotFit_SaysWhatMustBe(string column, string message) =>
        FluentActions.Invoking(() => One.ScoreInBatches(Transformers.Data(context, 3), column)).Should().Throw<ArgumentException>().WithMessage(message);
}

internal sealed class Payload
{
    public int Number { get; set; }
}

internal sealed class RowWithPayload
{
    [VectorType(Transformers.Columns)]
    public float[] Features { get; set; } = [];

    [PayloadType]
    public Payload Payload { get; set; } = new();
}

internal sealed class PayloadDataViewType() : StructuredDataViewType(typeof(Payload))
{
    public override bool Equals(DataViewType? other) => other is PayloadDataViewType;

    public override int GetHashCode() => 1;
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class PayloadTypeAttribute : DataViewTypeAttribute
{
    public override bool Equals(DataViewTypeAttribute? other) => other is PayloadTypeAttribute;

    public override int GetHashCode() => 1;

    public override void Register() => DataViewTypeManager.Register(new PayloadDataViewType(), typeof(Payload), this);
}
