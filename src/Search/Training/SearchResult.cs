namespace Microsoft.ML.TrainerSearch;

/// <summary>What a search found.</summary>
/// <typeparam name="TOptions">The options class that was searched.</typeparam>
/// <typeparam name="TMetrics">The metrics of the task.</typeparam>
public sealed class SearchResult<TOptions, TMetrics> where TOptions : class
{
    private readonly StudyView study;
    private readonly SearchTask<TMetrics> task;

    internal SearchResult(StudyView study, SearchTask<TMetrics> task, TrialRecord best, TOptions bestOptions, ITransformer bestModel, TMetrics bestMetrics, long sharedEpochs) =>
        (this.study, this.task, BestTrial, BestOptions, BestModel, BestMetrics, SharedEpochs) = (study, task, best, bestOptions, bestModel, bestMetrics, sharedEpochs);

    /// <summary>The best model, preparation included: save it, load it, evaluate it like any other.</summary>
    public ITransformer BestModel { get; }

    /// <summary>The options of the best trial.</summary>
    public TOptions BestOptions { get; }

    /// <summary>The best trial.</summary>
    public TrialRecord BestTrial { get; }

    /// <summary>The metrics of the best model on the validation rows; after cross-validation, on all rows it was trained on.</summary>
    public TMetrics BestMetrics { get; }

    /// <summary>The metric by which trials were compared, of the best trial; after cross-validation the mean over the folds.</summary>
    public double BestMetric => task.ToMetric(BestTrial.Value!.Value);

    /// <summary>All trials, by number. Their <see cref="TrialRecord.Value"/> is the metric, with its sign turned if greater is better.</summary>
    public IReadOnlyList<TrialRecord> Trials => study.Trials;

    /// <summary>Epochs trained in the whole study.</summary>
    public long Epochs => study.Trials.Sum(trial => (long)trial.Spent);

    /// <summary>Epochs that this run did not have to train because another trial had trained them already.</summary>
    public long SharedEpochs { get; }

    /// <summary>How much each parameter explains, greatest first.</summary>
    public IReadOnlyList<ParameterImportance> Importance => ParameterImportance.Of(study);

    /// <summary>All trials as comma-separated text, exact values.</summary>
    public string ToCsv() => TrialTable.Csv(study, task.ToMetric);

    /// <summary>Writes <see cref="ToCsv"/> to a file.</summary>
    public void SaveCsv(string path) => File.WriteAllText(path, ToCsv());

    /// <summary>One self-contained page: best so far, learning curves and rates, importance, parallel coordinates, all trials. Nothing is fetched when it is read.</summary>
    public string ToHtml(string title = "Search") => SearchReport.Write(study, title, task.MetricName, task.ToMetric,
        SharedEpochs > 0 ? [FormattableString.Invariant($"{SharedEpochs} epochs saved by shared trunks")] : null);

    /// <summary>Writes <see cref="ToHtml"/> to a file.</summary>
    public void SaveHtml(string path, string title = "Search") => File.WriteAllText(path, ToHtml(title));
}
