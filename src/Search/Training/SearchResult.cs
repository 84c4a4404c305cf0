namespace Microsoft.ML.TrainerSearch;

/// <summary>What a search found.</summary>
/// <typeparam name="TOptions">The options class that was searched.</typeparam>
/// <typeparam name="TMetrics">The metrics of the task.</typeparam>
public sealed class SearchResult<TOptions, TMetrics> where TOptions : class
{
    private readonly StudyView study;
    private readonly SearchTask<TMetrics> task;

    internal SearchResult(StudyView study, SearchTask<TMetrics> task, IReadOnlyList<SearchModel<TOptions, TMetrics>> best, long sharedEpochs) =>
        (this.study, this.task, BestModels, SharedEpochs) = (study, task, best, sharedEpochs);

    /// <summary>The models of the best trials, best first: as many as <see cref="SearchOptions.ModelsKept"/>, or as are complete with a finite metric.</summary>
    public IReadOnlyList<SearchModel<TOptions, TMetrics>> BestModels { get; }

    /// <summary>The best model, preparation included: save it, load it, evaluate it like any other.</summary>
    public ITransformer BestModel => BestModels[0].Model;

    /// <summary>The options of the best trial.</summary>
    public TOptions BestOptions => BestModels[0].Options;

    /// <summary>The best trial.</summary>
    public TrialRecord BestTrial => BestModels[0].Trial;

    /// <summary>The metrics of the best model on the validation rows; after cross-validation, on all rows it was trained on.</summary>
    public TMetrics BestMetrics => BestModels[0].Metrics;

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

/// <summary>One of the best models of a search.</summary>
/// <typeparam name="TOptions">The options class that was searched.</typeparam>
/// <typeparam name="TMetrics">The metrics of the task.</typeparam>
/// <param name="Trial">The trial that it belongs to.</param>
/// <param name="Options">The trial's options.</param>
/// <param name="Model">The model, preparation included.</param>
/// <param name="Metrics">Its metrics on the validation rows; after cross-validation, on all rows it was trained on.</param>
public sealed record SearchModel<TOptions, TMetrics>(TrialRecord Trial, TOptions Options, ITransformer Model, TMetrics Metrics) where TOptions : class;
