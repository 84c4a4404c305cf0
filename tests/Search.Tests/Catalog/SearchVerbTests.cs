using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Catalog;

[TestClass]
public sealed class SearchVerbTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("search-verb").FullName;
    private readonly MLContext ml = new(seed: 1);

    [TestCleanup]
    public void Cleanup() => Directory.Delete(folder, recursive: true);

    public sealed class Row
    {
        public float A { get; set; }
        public float B { get; set; }
        public float C { get; set; }
        public float Label { get; set; }
    }

    private sealed class BinaryRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
        public bool Label { get; set; }
        public string Class { get; set; } = "";
    }

    [TestMethod]
    public void Regression_FewTrials_GivesAModelLikeAnyOther()
    {
        (IDataView train, IDataView validation) = Data();
        var preparation = new CountingEstimator(Preparation());
        var told = new List<SearchProgress>();
        SearchResult<TorchMlpOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, Small(6), o => ml.Regression.Trainers.TorchMlp(o),
            new() { MaximumTrials = 8, Preparation = preparation, Progress = new Listener(told) });

        preparation.Fits.Should().Be(1);
        result.Trials.Should().HaveCount(8).And.OnlyContain(trial => trial.State == TrialState.Complete && trial.Reports.Length == 6);
        result.Trials[0].Origin.Should().Be("start");
        ml.Regression.Evaluate(result.BestModel.Transform(validation)).RootMeanSquaredError.Should().Be(result.BestMetric).And.Be(result.BestMetrics.RootMeanSquaredError);
        result.BestMetric.Should().Be(result.Trials.Min(trial => trial.Value));
        result.BestOptions.NumberOfEpochs.Should().Be(6);
        told.Count(now => now.State == TrialState.Running).Should().Be(48);
        told.Count(now => now.State == TrialState.Complete).Should().Be(8);

        string path = Path.Combine(folder, "model.zip");
        ml.Model.Save(result.BestModel, train.Schema, path);
        ml.Regression.Evaluate(ml.Model.Load(path, out _).Transform(validation)).RootMeanSquaredError.Should().Be(result.BestMetric);
        result.SaveHtml(Path.Combine(folder, "report.html"));
        File.ReadAllText(Path.Combine(folder, "report.html")).Should().Contain("Learning rates").And.Contain("RootMeanSquaredError");
        result.ToCsv().TrimEnd().Split('\n').Should().HaveCount(9);
    }

    [TestMethod]
    public void Regression_StoredStudy_ResumesToTheTableOfOneRun()
    {
        (IDataView train, IDataView validation) = Data();
        string[] Table(IStudyStorage storage, int trials, string? files)
        {
            SearchResult<TorchMlpOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, Small(4), o => ml.Regression.Trainers.TorchMlp(o),
                new() { MaximumTrials = trials, Preparation = Preparation(), Storage = storage, Folder = files, CheckpointEveryEpochs = 1 });
            ml.Regression.Evaluate(result.BestModel.Transform(validation)).RootMeanSquaredError.Should().Be(result.BestMetric);
            return Storage.StorageTests.Table(storage);
        }
        using IStudyStorage whole = StudyStorage.InMemory();
        string[] expected = Table(whole, 8, null);
        foreach (int trials in new[] { 3, 8, 8 })
        {
            using IStudyStorage part = StudyStorage.Sqlite(Path.Combine(folder, "study.db"));
            string[] table = Table(part, trials, Path.Combine(folder, "files"));
            table.Should().Equal(expected[..trials]);
        }
    }

    [TestMethod]
    public void Asha_ForkedRungs_ResumeTheTrunkAndEndAsTheWholeRun()
    {
        (IDataView train, IDataView validation) = Data();
        SearchSpace<TorchMlpOptions> space = Space(o => o.Schedule = LrSchedule.Warmup(1.Epochs()).Hold().Linear(0.25.OfRun()), epochs: 12);
        SearchResult<TorchMlpOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.TorchMlp(o),
            new() { MaximumTrials = 9, Preparation = Preparation(), Sampler = Samplers.Random(2), Pruner = Pruners.Asha(4, 12, reduction: 3) });

        result.Trials.Count(trial => trial.State == TrialState.Paused).Should().Be(6);
        TrialRecord[] complete = [.. result.Trials.Where(trial => trial.State == TrialState.Complete)];
        complete.Should().HaveCount(3);
        foreach (TrialRecord trial in complete)
        {
            TorchMlpOptions options = space.Create(trial.Configuration);
            options.Seed = 0;
            Evaluate(options, train, validation).Should().Be(trial.Value, "the trunk went on as if nothing had happened");
            trial.Reports.Where(report => !report.IsJudged).Select(report => report.Step).Should().Equal(Enumerable.Range(1, 12));
            trial.Spent.Should().Be(13, "12 epochs and a branch of one");
        }
        foreach (TrialRecord trial in result.Trials)
        {
            // What the rung saw is what a whole run of four epochs would have ended with.
            TorchMlpOptions options = space.Create(trial.Configuration);
            (options.Seed, options.NumberOfEpochs, options.Schedule) = (0, 4, LrSchedule.Warmup(1.Epochs()).Hold(2.Epochs()).Linear(1.Epochs()));
            double last = double.NaN;
            options.Progress = new Last(now => last = now.ValidationLoss);
            Evaluate(options, train, validation);
            trial.Reports.Single(report => report.IsJudged).Value.Should().Be(last);
        }
    }

    [TestMethod]
    public void Asha_FixedHorizonSchedules_AreForkedWhereTheirRateIsHighUnlessAskedOtherwise()
    {
        (IDataView train, IDataView validation) = Data();
        SearchSpace<TorchMlpOptions> space = Space(_ => { }, epochs: 16)
            .Named(add => add.Choice("kind", "linear", "onecycle"))
            .Apply((o, c) => o.Schedule = c.Choice("kind") == "linear" ? LrSchedule.Linear(TrainingSpan.Rest) : LrSchedule.OneCycle());
        // Pauses at epochs 1, 3 and 6 of 16: the one-cycle is in its warmup at the first, the linear decay is down to 0.63 at the last.
        int[] rungs = [2, 4, 8];
        foreach ((RungComparison comparison, int[] linear, int[] oneCycle) in new[]
        {
            (RungComparison.LikeWithLike, new[] { 2, 4 }, new[] { 4, 8 }),
            (RungComparison.MidFlight, [], []),
            (RungComparison.ForkAll, rungs, rungs),
        })
        {
            using IStudyStorage storage = StudyStorage.InMemory();
            ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.TorchMlp(o),
                new() { MaximumTrials = 16, Preparation = Preparation(), Sampler = Samplers.Random(3), Pruner = Pruners.Asha(2, 16, reduction: 2), Storage = storage, Comparison = comparison });
            IReadOnlyList<TrialRow> rows = storage.Change(change => change.ChangedSince(-1));
            rows.Select(row => row.Pool).Distinct().Should().HaveCount(comparison == RungComparison.LikeWithLike ? 2 : 1);
            IEnumerable<int> Judged(string kind) => rows.Where(row => row.Configuration.Contains(kind)).SelectMany(row => row.Reports.Where(report => report.IsJudged)).Select(report => report.Step).Distinct().Order();
            int Highest(string kind) => rows.Where(row => row.Configuration.Contains(kind)).Max(row => row.Reached);
            Judged("linear").Should().Equal(linear.Where(rung => rung <= Highest("linear")));
            Judged("onecycle").Should().Equal(oneCycle.Where(rung => rung <= Highest("onecycle")));
            rows.Max(row => row.Reached).Should().BeGreaterThanOrEqualTo(8);
        }
    }

    [TestMethod]
    public void SharedTrunks_SixBudgetsTimesThreeShapes_CostLessThanHalfAndChangeNoBit()
    {
        (IDataView train, IDataView validation) = Data();
        Shape[] shapes = [Shape.Linear, Shape.Cosine(), Shape.OneMinusSqrt];
        SearchSpace<TorchMlpOptions> space = SearchSpace.For(() => new TorchMlpOptions { HiddenLayers = [8], BatchSize = 64, Seed = 5 })
            .Named(add => add.Choice("epochs", "5", "10", "15", "20", "30", "40").Choice("shape", "linear", "cosine", "sqrt"))
            .Apply((o, c) =>
            {
                o.NumberOfEpochs = int.Parse(c.Choice("epochs"));
                o.Schedule = LrSchedule.Warmup(2.Epochs()).Hold().Decay(0.2.OfRun(), shapes[(int)c["shape"]], to: 0);
            });
        SearchResult<TorchMlpOptions, RegressionMetrics> Search(bool share) => ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.TorchMlp(o),
            new() { MaximumTrials = null, Sampler = Samplers.Grid(), Preparation = Preparation(), ShareTrunks = share });
        SearchResult<TorchMlpOptions, RegressionMetrics> shared = Search(true), separate = Search(false);

        shared.Trials.Should().HaveCount(18);
        shared.Trials.Select(trial => trial.Value).Should().Equal(separate.Trials.Select(trial => trial.Value));
        separate.Epochs.Should().Be(3 * 120);
        shared.Epochs.Should().BeLessThanOrEqualTo((long)(0.45 * separate.Epochs));
        (shared.Epochs + shared.SharedEpochs).Should().Be(separate.Epochs);
        TrunkPlanner.Plan(separate.Trials.Select(trial => new TrunkRun(trial.Number, "all", (int)(space.Create(trial.Configuration).NumberOfEpochs!.Value * 0.8), (int)space.Create(trial.Configuration).NumberOfEpochs!.Value)))
            .Epochs.Should().Be(shared.Epochs, "the search does what the planner says");
    }

    [TestMethod]
    public void CrossValidation_Binary_AveragesFolds()
    {
        IDataView data = Classes();
        SearchResult<TorchMlpOptions, CalibratedBinaryClassificationMetrics> result = ml.BinaryClassification.Search(data, null, Small(3), o => ml.BinaryClassification.Trainers.TorchMlp(o),
            new() { MaximumTrials = 4, NumberOfFolds = 3 });
        result.BestMetric.Should().BeGreaterThan(0.8);
        result.Trials.Should().HaveCount(4);
        ml.BinaryClassification.Evaluate(result.BestModel.Transform(data)).AreaUnderRocCurve.Should().Be(result.BestMetrics.AreaUnderRocCurve);
        FluentActions.Invoking(() => ml.BinaryClassification.Search(data, null, Small(3), o => ml.BinaryClassification.Trainers.TorchMlp(o), new() { Pruner = Pruners.Median() }))
            .Should().Throw<ArgumentException>().WithMessage("*cross-validation*");
    }

    [TestMethod]
    public void Multiclass_MedianPruner_StopsSomeTrials()
    {
        IDataView data = ml.Transforms.Conversion.MapValueToKey("Label", "Class").Fit(Classes()).Transform(Classes());
        SearchResult<TorchMlpOptions, MulticlassClassificationMetrics> result = ml.MulticlassClassification.Search(data, data, Small(6), o => ml.MulticlassClassification.Trainers.TorchMlp(o),
            new() { MaximumTrials = 14, Pruner = Pruners.Median(startupTrials: 3), Comparison = RungComparison.MidFlight, Sampler = Samplers.Random(1) });
        result.Trials.Should().Contain(trial => trial.State == TrialState.Pruned);
        result.BestMetric.Should().BeGreaterThan(0.7);
        result.BestMetric.Should().Be(-result.BestTrial.Value!.Value);
    }

    [TestMethod]
    public void AnyTrainer_WithSearchedTransforms_IsSearchedToo()
    {
        (IDataView train, IDataView validation) = Data();
        SearchSpace<PipelineOptions> space = SearchSpace.For<PipelineOptions>().LogFloat(o => o.L2, 1e-6, 1).Choice(o => o.Normalize, true, false);
        SearchResult<PipelineOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.Sdca(l2Regularization: o.L2, maximumNumberOfIterations: 5), new() { MaximumTrials = 5 },
            transforms: o => o.Normalize
                ? ml.Transforms.Concatenate("Features", "A", "B", "C").Append(ml.Transforms.NormalizeMeanVariance("Features"))
                : ml.Transforms.Concatenate("Features", "A", "B", "C"));
        result.Trials.Should().HaveCount(5).And.OnlyContain(trial => trial.State == TrialState.Complete);
        ml.Regression.Evaluate(result.BestModel.Transform(validation)).RootMeanSquaredError.Should().Be(result.BestMetric);
    }

    [TestMethod]
    public void Cancelled_InTheMiddle_ReturnsTheBestSoFar()
    {
        (IDataView train, IDataView validation) = Data();
        using var source = new CancellationTokenSource();
        var told = new List<SearchProgress>();
        SearchResult<TorchMlpOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, Small(5), o => ml.Regression.Trainers.TorchMlp(o), new()
        {
            MaximumTrials = 50, Preparation = Preparation(), CancellationToken = source.Token,
            Progress = new Listener(told, now => { if (now is { Trial: 2, Epoch: 2 }) source.Cancel(); }),
        });
        result.Trials.Should().HaveCount(3);
        result.Trials[2].State.Should().Be(TrialState.Waiting);
    }

    [TestMethod]
    public void NoTrialWithANumber_Throws()
    {
        (IDataView train, IDataView validation) = Data();
        SearchSpace<TorchMlpOptions> space = Space(o => o.Optimizer = Optimizers.Sgd(1e9), epochs: 2);
        FluentActions.Invoking(() => ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.TorchMlp(o), new() { MaximumTrials = 2, Preparation = Preparation() }))
            .Should().Throw<InvalidOperationException>().WithMessage("*finite RootMeanSquaredError*2 trials*");
        FluentActions.Invoking(() => new SearchOptions { MaximumTrials = null }.Copy()).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*needs an end*");
    }

    [TestMethod]
    public void ModelsKept_Several_AreTheBestTrialsFromMemoryDiskOrTrainedAgain()
    {
        (IDataView train, IDataView validation) = Data();
        SearchOptions Options(IStudyStorage storage, int trials) =>
            new() { MaximumTrials = trials, Preparation = Preparation(), Storage = storage, Folder = Path.Combine(folder, "files"), ModelsKept = 3 };
        using IStudyStorage storage = StudyStorage.InMemory();
        foreach (int trials in new[] { 7, 10, 10 })
        {
            SearchResult<TorchMlpOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, Small(3), o => ml.Regression.Trainers.TorchMlp(o), Options(storage, trials));
            result.BestModels.Select(kept => kept.Trial.Value).Should().Equal(result.Trials.Select(trial => trial.Value).Order().Take(3));
            foreach (SearchModel<TorchMlpOptions, RegressionMetrics> kept in result.BestModels)
            {
                ml.Regression.Evaluate(kept.Model.Transform(validation)).RootMeanSquaredError.Should().Be(kept.Trial.Value).And.Be(kept.Metrics.RootMeanSquaredError);
                kept.Options.Optimizer.Should().Be(Small(3).Create(kept.Trial.Configuration).Optimizer);
            }
            string[] expected = [.. result.BestModels.Select(kept => $"trial-{kept.Trial.Number}.zip").Order(StringComparer.Ordinal)];
            Directory.EnumerateFiles(Path.Combine(folder, "files"), "*.zip").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).Should().Equal(expected);
        }

        // A file that was cut off, and one of another model: the trials are trained again.
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(folder, "files"), "*.zip")];
        File.WriteAllBytes(files[0], File.ReadAllBytes(files[0])[..100]);
        File.Copy(files[1], files[2], overwrite: true);
        foreach (SearchModel<TorchMlpOptions, RegressionMetrics> kept in ml.Regression.Search(train, validation, Small(3), o => ml.Regression.Trainers.TorchMlp(o), Options(storage, 10)).BestModels)
            ml.Regression.Evaluate(kept.Model.Transform(validation)).RootMeanSquaredError.Should().Be(kept.Trial.Value);
        FluentActions.Invoking(() => new SearchOptions { ModelsKept = 0 }.Copy()).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*at least 1*");
    }

    [TestMethod]
    public void TorchTabular_Asha_EndsAsTheWholeRunAndKeepsTheRecipe()
    {
        (IDataView train, IDataView validation) = Data();
        SearchSpace<TorchTabularOptions> space = SearchSpaces.TorchTabular(6).Apply((o, _) => (o.HiddenLayers, o.BatchSize) = ([8], 64));
        ITransformer preparation = Preparation().Fit(train);
        SearchResult<TorchTabularOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.TorchTabular(o),
            new() { MaximumTrials = 7, Preparation = Preparation(), Pruner = Pruners.Asha(2, 6), Comparison = RungComparison.ForkAll });
        TrialRecord[] complete = [.. result.Trials.Where(trial => trial.State == TrialState.Complete)];
        complete.Should().HaveCountGreaterThanOrEqualTo(2);
        result.Trials.Should().NotContain(trial => trial.State == TrialState.Failed);
        foreach (TrialRecord trial in complete)
        {
            TorchTabularOptions options = space.Create(trial.Configuration);
            (options.Seed, options.Members) = (0, 1);
            var model = ml.Regression.Trainers.TorchTabular(options).Fit(preparation.Transform(train), preparation.Transform(validation));
            ml.Regression.Evaluate(model.Transform(preparation.Transform(validation))).RootMeanSquaredError.Should().Be(trial.Value);
        }
        result.BestOptions.Members.Should().BeNull("the user's own fit has the recipe's members");
    }

    [TestMethod]
    public void TorchTabular_NothingButTheRecipe_IsSearchedByItsOwnSchedule()
    {
        (IDataView train, IDataView validation) = Data();
        SearchSpace<TorchTabularOptions> space = SearchSpace.For(() => new TorchTabularOptions { HiddenLayers = [8], BatchSize = 32, NumberOfEpochs = 4 }).Float(o => o.Dropout, 0, 0.4);
        SearchResult<TorchTabularOptions, RegressionMetrics> result = ml.Regression.Search(train, validation, space, o => ml.Regression.Trainers.TorchTabular(o),
            new() { MaximumTrials = 3, Preparation = Preparation(), Pruner = Pruners.Asha(2, 4), Comparison = RungComparison.ForkAll });
        result.Trials.Should().NotContain(trial => trial.State == TrialState.Failed);

        // A fork goes on from the trunk's checkpoint, which it may only if the rates up to there are those of the trunk.
        result.Trials.Should().OnlyContain(trial => trial.Reports.Any(report => report.IsJudged));
        ITransformer preparation = Preparation().Fit(train);
        TorchTabularOptions options = space.Create(result.BestTrial.Configuration);
        (options.Seed, options.Members) = (0, 1);
        var model = ml.Regression.Trainers.TorchTabular(options).Fit(preparation.Transform(train), preparation.Transform(validation));
        ml.Regression.Evaluate(model.Transform(preparation.Transform(validation))).RootMeanSquaredError.Should().Be(result.BestMetric);
    }

    public sealed class PipelineOptions
    {
        public float L2 { get; set; }
        public bool Normalize { get; set; }
    }

    private double Evaluate(TorchMlpOptions options, IDataView train, IDataView validation)
    {
        ITransformer preparation = Preparation().Fit(train);
        var model = ml.Regression.Trainers.TorchMlp(options).Fit(preparation.Transform(train), preparation.Transform(validation));
        return ml.Regression.Evaluate(model.Transform(preparation.Transform(validation))).RootMeanSquaredError;
    }

    /// <summary>Small networks and batches: a trial takes milliseconds.</summary>
    private static SearchSpace<TorchMlpOptions> Small(int epochs) =>
        SearchSpaces.TorchMlp(epochs).Apply((o, _) => (o.HiddenLayers, o.BatchSize, o.Dropout) = ([8], 64, 0));

    private static SearchSpace<TorchMlpOptions> Space(Action<TorchMlpOptions> set, int epochs) =>
        SearchSpace.For(() => new TorchMlpOptions { HiddenLayers = [8], BatchSize = 64, NumberOfEpochs = epochs })
            .Named(add => add.LogFloat("rate", 1e-3, 1e-1))
            .Apply((o, c) =>
            {
                o.Optimizer = Optimizers.AdamW(c.Float("rate"));
                set(o);
            });

    private IEstimator<ITransformer> Preparation() => ml.Transforms.Concatenate("Features", "A", "B", "C").Append(ml.Transforms.NormalizeMeanVariance("Features"));

    private (IDataView Train, IDataView Validation) Data()
    {
        var random = new Random(3);
        Row[] rows = [.. Enumerable.Range(0, 400).Select(_ =>
        {
            var row = new Row { A = random.NextSingle() * 4 - 2, B = random.NextSingle(), C = random.NextSingle() * 10 };
            row.Label = MathF.Sin(2 * row.A) * 3 + row.B * row.C + 100;
            return row;
        })];
        return (ml.Data.LoadFromEnumerable(rows[..300]), ml.Data.LoadFromEnumerable(rows[300..]));
    }

    private IDataView Classes()
    {
        var random = new Random(4);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, 300).Select(_ =>
        {
            float x = random.NextSingle() * 2 - 1, y = random.NextSingle() * 2 - 1;
            return new BinaryRow { Features = [x, y], Label = x + y > 0, Class = x + y > 0.5f ? "high" : x + y < -0.5f ? "low" : "middle" };
        }).ToArray());
    }

    private sealed class CountingEstimator(IEstimator<ITransformer> inner) : IEstimator<ITransformer>
    {
        public int Fits { get; private set; }

        public ITransformer Fit(IDataView input)
        {
            Fits++;
            return inner.Fit(input);
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inner.GetOutputSchema(inputSchema);
    }

    private sealed class Listener(List<SearchProgress> told, Action<SearchProgress>? then = null) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value)
        {
            told.Add(value);
            then?.Invoke(value);
        }
    }

    private sealed class Last(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
