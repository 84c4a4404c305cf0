using System.Collections.Concurrent;
using Microsoft.ML;

namespace Serving;

/// <summary>Prediction engines of one model: as many as there were requests at the same time, each used by one at a time.</summary>
internal sealed class EnginePool<TRow, TPrediction>(string path)
    where TRow : class
    where TPrediction : class, new()
{
    private readonly MLContext context = new();
    private readonly ConcurrentBag<PredictionEngine<TRow, TPrediction>> idle = [];
    private readonly Lazy<ITransformer> model = new(() => new MLContext().Model.Load(path, out _));
    private int made;

    public int Made => made;

    public TPrediction Predict(TRow row)
    {
        if (!idle.TryTake(out PredictionEngine<TRow, TPrediction>? engine))
        {
            engine = context.Model.CreatePredictionEngine<TRow, TPrediction>(model.Value);
            Interlocked.Increment(ref made);
        }
        try
        {
            return engine.Predict(row);
        }
        finally
        {
            idle.Add(engine);
        }
    }
}
