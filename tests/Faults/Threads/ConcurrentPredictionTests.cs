using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Faults.Threads;

/// <summary>A fitted transformer is shared by threads; a PredictionEngine, which by ML.NET's contract is not, is made once per thread.</summary>
[TestClass]
public sealed class ConcurrentPredictionTests
{
    private const int ThreadCount = 8;

    private readonly MLContext context = new(seed: 1);
    private ITransformer model = null!;
    private Row[] rows = [];
    private float[] expected = [];

    [TestInitialize]
    public void Train()
    {
        rows = MadeUp.Rows(500);
        IDataView data = context.Data.LoadFromEnumerable(rows);
        model = context.Transforms.NormalizeMeanVariance("Features").Append(context.Regression.Trainers.TorchMlp(EngineRun.Options(2))).Fit(data);
        expected = [.. model.Transform(data).GetColumn<float>("Score")];
    }

    [TestMethod]
    public void Transform_OneTransformerOnManyThreads_SameBits() => Parallel.For(0, ThreadCount, _ =>
    {
        for (int i = 0; i < 10; i++)
            model.Transform(context.Data.LoadFromEnumerable(rows)).GetColumn<float>("Score").ToArray().AsSpan().SequenceEqual(expected).Should().BeTrue();
    });

    [TestMethod]
    public void Transform_OneViewOnManyThreads_SameBits()
    {
        IDataView scored = model.Transform(context.Data.LoadFromEnumerable(rows));
        Parallel.For(0, ThreadCount, _ => scored.GetColumn<float>("Score").ToArray().AsSpan().SequenceEqual(expected).Should().BeTrue());
    }

    [TestMethod]
    public void Predict_AnEnginePerThread_SameBits() => PredictOnThreads(10_000);

    [TestMethod]
    [TestCategory("Slow")]
    public void Predict_AnEnginePerThreadHundredThousandTimes_SameBits() => PredictOnThreads(100_000);

    private void PredictOnThreads(int predictions)
    {
        int differences = 0;
        Parallel.For(0, ThreadCount, new ParallelOptions { MaxDegreeOfParallelism = ThreadCount }, thread =>
        {
            using PredictionEngine<Row, Prediction> engine = context.Model.CreatePredictionEngine<Row, Prediction>(model);
            var prediction = new Prediction();
            for (int i = 0; i < predictions; i++)
            {
                int row = (i + 61 * thread) % rows.Length;
                engine.Predict(rows[row], ref prediction);
                if (prediction.Score != expected[row]) Interlocked.Increment(ref differences);
            }
        });
        differences.Should().Be(0);
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
