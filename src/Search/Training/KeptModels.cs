using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.TrainerSearch;

/// <summary>The models of the best trials: in memory those that were trained here, on disk those of every worker.</summary>
internal sealed class KeptModels(IHostEnvironment environment, DataViewSchema schema, int count, string? folder)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, (double Value, ITransformer Model)> models = [];

    /// <summary>Keeps a model if its trial is among the best, and drops what no longer is.</summary>
    /// <param name="study">The study, in which the trial is not complete yet.</param>
    /// <param name="trial">The trial's number.</param>
    /// <param name="value">Its value.</param>
    /// <param name="model">The fitted trainer.</param>
    /// <param name="whole">The same with its preparation: what is saved.</param>
    public void Offer(StudyView study, int trial, double value, ITransformer model, ITransformer whole)
    {
        lock (gate)
        {
            TrialRecord[] ranked = [.. study.Ranked];
            if (!double.IsFinite(value) || ranked.Count(other => other.Value <= value) >= count) return;
            models[trial] = (value, model);
            int[] best = [.. ranked.Select(other => (other.Number, other.Value!.Value)).Append((Number: trial, Value: value)).OrderBy(item => item.Value).ThenBy(item => item.Number).Take(count).Select(item => item.Number)];
            foreach (int old in models.Keys.Except(best).ToArray()) models.Remove(old);
            if (folder is null) return;
            new ModelOperationsCatalog(environment).Save(whole, schema, PathOf(trial));

            // A file whose trial is not complete was written by another worker a moment ago.
            foreach (int old in ranked.Select(other => other.Number).Except(best)) File.Delete(PathOf(old));
        }
    }

    /// <summary>The fitted trainer of a trial, if it was trained here and kept.</summary>
    public ITransformer? InMemory(int trial) => models.TryGetValue(trial, out var known) ? known.Model : null;

    /// <summary>What <paramref name="use"/> makes of the saved model of a trial, preparation included; null without a file that can be read and used.</summary>
    public T? OnDisk<T>(int trial, Func<ITransformer, T?> use) where T : class
    {
        if (folder is null || !File.Exists(PathOf(trial))) return null;
        try
        {
            return use(new ModelOperationsCatalog(environment).Load(PathOf(trial), out _));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Cut off by a kill, or left by another study in the same folder: whatever is wrong with it, the trial is trained again.
            return null;
        }
    }

    private string PathOf(int trial) => Path.Combine(folder!, string.Create(CultureInfo.InvariantCulture, $"trial-{trial}.zip"));
}
