using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Tabular;

namespace Microsoft.ML.TrainerSearch;

/// <summary>A search over a trainer: prepares the rows once, trains trials, keeps the best model.</summary>
internal sealed class TrainerSearch<TOptions, TMetrics> where TOptions : class
{
    private readonly SearchTask<TMetrics> task;
    private readonly SearchSpace<TOptions> space;
    private readonly Func<TOptions, IEstimator<ITransformer>> trainer;
    private readonly Func<TOptions, IEstimator<ITransformer>>? transforms;
    private readonly SearchOptions options;
    private readonly string labelColumnName;
    private readonly string folder;
    private readonly IDataView trainData;
    private readonly List<Fold> folds = [];
    private readonly TrunkStore trunks = new();
    private readonly KeptModels kept;
    private long sharedEpochs;

    /// <summary>Prepared rows to train on and to compare on, and how they were prepared.</summary>
    private sealed record Fold(ITransformer? Preparation, IDataView Train, IDataView Validation, IDataView RawValidation, long Rows);

    public TrainerSearch(SearchTask<TMetrics> task, IDataView trainData, IDataView? validationData, SearchSpace<TOptions> space,
        Func<TOptions, IEstimator<ITransformer>> trainer, Func<TOptions, IEstimator<ITransformer>>? transforms, string labelColumnName, SearchOptions options)
    {
        (this.task, this.space, this.trainer, this.transforms, this.labelColumnName, this.options, this.trainData) = (task, space, trainer, transforms, labelColumnName, options, trainData);
        if (validationData is null && options.Pruner.ComparesUnfinishedTrials)
            throw new ArgumentException("Pruner must be Pruners.None with cross-validation but was another. Give validation rows, or let every trial run to its end.", nameof(options));
        folder = Path.GetFullPath(options.Folder ?? Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        Directory.CreateDirectory(folder);
        kept = new KeptModels(task.Environment, trainData.Schema, options.ModelsKept, options.Folder is null ? null : folder);
        if (validationData is not null)
            folds.Add(Prepare(trainData, validationData));
        else
            foreach (DataOperationsCatalog.TrainTestData split in new DataOperationsCatalog(task.Environment).CrossValidationSplit(trainData, options.NumberOfFolds, seed: options.Seed))
                folds.Add(Prepare(split.TrainSet, split.TestSet));
    }

    public SearchResult<TOptions, TMetrics> Run()
    {
        try
        {
            using Study study = Study.Open(space.Parameters, new StudyOptions
            {
                Sampler = options.Sampler ?? Samplers.Tpe(options.Seed),
                Pruner = options.Pruner,
                Storage = options.Storage,
                MaximumTrials = options.MaximumTrials,
                MaximumSteps = options.MaximumEpochs,
                MaximumTime = options.MaximumTime,
                MaximumFailuresInARow = options.MaximumFailuresInARow,
                Pool = PoolOf,
            });
            study.Optimize(trial => Train(study, trial), options.Progress is null ? null : new Teller(this, study), options.CancellationToken);
            StudyView view = study.View();
            TrialRecord[] winners = [.. view.Ranked.Take(options.ModelsKept)];
            if (winners.Length == 0)
                throw new InvalidOperationException($"A search must have a complete trial with a finite {task.MetricName} to give a model but had none in {view.Trials.Count} trials. {Advice(view)}");
            return new(view, task, [.. winners.Select(ModelOf)], sharedEpochs);
        }
        finally
        {
            if (options.Folder is null) Directory.Delete(folder, recursive: true);
        }
    }

    private double Train(Study study, Trial trial)
    {
        TOptions configured = Configure(trial.Configuration);
        try
        {
            if (folds.Count > 1)
                return folds.Average(fold => task.ToValue(task.Metric(Score(Fit(fold, configured, Canceled), fold))));
            ITransformer? model = configured is TrainingOptions training ? FitTrial(trial, configured, training) : Fit(folds[0], configured, null);
            if (model is null) return double.NaN;
            double value = task.ToValue(task.Metric(Score(model, folds[0])));
            kept.Offer(study.View(), trial.Number, value, model, Chain(folds[0].Preparation, model));
            return value;
        }
        catch (TrainingDivergedException)
        {
            // A rate that is too high is a bad configuration, not a broken setup.
            return double.NaN;
        }
    }

    private void Canceled(TrainingOptions training) => training.CancellationToken = options.CancellationToken;

    private ITransformer? FitTrial(Trial trial, TOptions configured, TrainingOptions training)
    {
        Fold fold = folds[0];
        (ITransformer? transformed, IDataView train, IDataView validation) = Transform(fold, configured);
        var fit = new TrialFit(trial, training, ScheduleOutlook.Of(training, fold.Rows), options, folder, trunks,
            () => (TrainingOptions)(object)Configure(trial.Configuration),
            with => FittingOf.Fit(trainer((TOptions)(object)with), train, validation));
        ITransformer? model = fit.Fit();
        Interlocked.Add(ref sharedEpochs, fit.SharedEpochs);
        return model is null ? null : Chain(transformed, model);
    }

    private ITransformer Fit(Fold fold, TOptions configured, Action<TrainingOptions>? prepare)
    {
        if (configured is TrainingOptions training) prepare?.Invoke(training);
        (ITransformer? transformed, IDataView train, IDataView validation) = Transform(fold, configured);
        return Chain(transformed, FittingOf.Fit(trainer(configured), train, validation));
    }

    private TOptions Configure(Configuration configuration)
    {
        TOptions configured = space.Create(configuration);
        if (configured is TrainingOptions training) training.Seed ??= options.Seed;
        if (configured is not TorchTabularOptions tabular || folds.Count > 1) return configured;

        // Rungs and trunks need the schedule and the length that the recipe would choose, and the checkpoints of a single network.
        tabular.Members ??= 1;
        return (TOptions)(object)Recipe.Resolve(tabular, task.Kind, checked((int)folds[0].Rows));
    }

    private string PoolOf(Configuration configuration) =>
        options.Pruner.ComparesUnfinishedTrials && Configure(configuration) is TrainingOptions training
            ? ScheduleOutlook.Of(training, folds[0].Rows).PoolOf(training.Schedule, options.Comparison) : "";

    private Fold Prepare(IDataView train, IDataView validation)
    {
        var operations = new DataOperationsCatalog(task.Environment);
        ITransformer? preparation = options.Preparation?.Fit(train);
        IDataView Ready(IDataView rows) => operations.Cache(preparation?.Transform(rows) ?? rows);
        IDataView prepared = Ready(train);
        return new(preparation, prepared, Ready(validation), validation, CountRows(prepared));
    }

    private (ITransformer? Transformer, IDataView Train, IDataView Validation) Transform(Fold fold, TOptions configured)
    {
        if (transforms?.Invoke(configured) is not { } searched) return (null, fold.Train, fold.Validation);
        ITransformer transformer = searched.Fit(fold.Train);
        return (transformer, transformer.Transform(fold.Train), transformer.Transform(fold.Validation));
    }

    private TMetrics Score(ITransformer model, Fold fold) => task.Evaluate(model.Transform(fold.Validation), labelColumnName);

    /// <summary>A winner's model: from memory if it was trained here, from its file if that gives the trial's metric, or trained again, which gives the same bits.</summary>
    private SearchModel<TOptions, TMetrics> ModelOf(TrialRecord winner)
    {
        SearchModel<TOptions, TMetrics> Of(ITransformer model, TMetrics metrics) => new(winner, space.Create(winner.Configuration), model, metrics);
        if (folds.Count > 1)
        {
            Fold all = Prepare(trainData, trainData);
            ITransformer fitted = Fit(all, Configure(winner.Configuration), null);
            return Of(Chain(all.Preparation, fitted), Score(fitted, all));
        }
        Fold fold = folds[0];
        if (kept.InMemory(winner.Number) is { } known) return Of(Chain(fold.Preparation, known), Score(known, fold));
        if (kept.OnDisk(winner.Number, model => Of(model, task.Evaluate(model.Transform(fold.RawValidation), labelColumnName))) is { } stored && task.ToValue(task.Metric(stored.Metrics)) == winner.Value)
            return stored;
        ITransformer model = Fit(fold, Configure(winner.Configuration), null);
        return Of(Chain(fold.Preparation, model), Score(model, fold));
    }

    /// <summary>Why there may be no model, in one sentence.</summary>
    private static string Advice(StudyView view) =>
        view.Trials.LastOrDefault(trial => trial.Error is not null) is { } failed ? $"Correct the cause of the last failure: {failed.Error}"
        : view.Trials.Any(trial => trial.State == TrialState.Complete) ? "Lower the rates: every run diverged."
        : "Allow more trials, epochs or time: none came to its end.";

    private static ITransformer Chain(ITransformer? first, ITransformer then) => first is null ? then : new TransformerChain<ITransformer>(first, then);

    private static long CountRows(IDataView data)
    {
        if (data.GetRowCount() is { } known) return known;
        long rows = 0;
        using DataViewRowCursor cursor = data.GetRowCursor([]);
        while (cursor.MoveNext()) rows++;
        return rows;
    }

    private sealed class Teller(TrainerSearch<TOptions, TMetrics> search, Study study) : IProgress<TrialRecord>
    {
        public void Report(TrialRecord trial)
        {
            double? best = study.View().Best?.Value is { } value ? search.task.ToMetric(value) : null;
            double? metric = trial.Value is { } own ? search.task.ToMetric(own) : null;
            search.options.Progress!.Report(new SearchProgress(trial.Number, trial.State, trial.LastStep, trial.ValueAt(trial.LastStep) ?? double.NaN, null, metric, best));
        }
    }
}
