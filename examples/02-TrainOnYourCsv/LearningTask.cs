using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Transforms;

namespace TrainOnYourCsv;

/// <summary>What differs between regression, binary and multiclass classification: the label, the trainers and the metrics.</summary>
internal abstract record LearningTask(string Label)
{
    public const string Features = "Features";

    public static LearningTask Named(string task, string label) => task switch
    {
        "regression" => new RegressionTask(label),
        "binary" => new BinaryTask(label),
        "multiclass" => new MulticlassTask(label),
        _ => throw new UserError($"--task must be regression, binary or multiclass but was '{task}'."),
    };

    /// <exception cref="UserError">The label column cannot be learned in this task.</exception>
    public virtual void Check(CsvFile train) => CheckNotMissing(train);

    /// <exception cref="UserError">The label of a test row is none that was learned.</exception>
    public virtual void CheckTest(CsvFile train, CsvFile test)
    {
        CheckNotMissing(test);
        foreach ((string value, long row) in test[Label].Values)
            if (!train[Label].Values.ContainsKey(value))
                throw new UserError($"{test.Name}, row {row}: the label '{Label}' was '{value}', which does not occur in {train.Name}.");
    }

    /// <summary>Turns the label column into the type that the trainers take.</summary>
    public virtual IEstimator<ITransformer>? MapLabel(MLContext ml, CsvColumn label) => null;

    public abstract IEstimator<ITransformer> TorchMlp(MLContext ml, TorchMlpOptions options);

    public abstract IEstimator<ITransformer> Sdca(MLContext ml);

    /// <summary>The metrics of scored rows, by ML.NET's names.</summary>
    public abstract IReadOnlyList<(string Name, double Value)> Evaluate(MLContext ml, IDataView scored);

    protected void CheckNotMissing(CsvFile file)
    {
        if (file[Label].FirstMissing is { } row)
            throw new UserError($"{file.Name}, row {row}: the label '{Label}' must not be missing. Remove such rows first.");
    }
}

internal sealed record RegressionTask(string Label) : LearningTask(Label)
{
    public override void Check(CsvFile file)
    {
        file[Label].MustBeNumbers(file.Name, "for it is the label of a regression");
        CheckNotMissing(file);
    }

    public override void CheckTest(CsvFile train, CsvFile test) => Check(test);

    public override IEstimator<ITransformer> TorchMlp(MLContext ml, TorchMlpOptions options) => ml.Regression.Trainers.TorchMlp(options);

    public override IEstimator<ITransformer> Sdca(MLContext ml) => ml.Regression.Trainers.Sdca(Label, Features);

    public override IReadOnlyList<(string, double)> Evaluate(MLContext ml, IDataView scored)
    {
        RegressionMetrics metrics = ml.Regression.Evaluate(scored, Label);
        return
        [
            (nameof(metrics.RootMeanSquaredError), metrics.RootMeanSquaredError),
            (nameof(metrics.MeanAbsoluteError), metrics.MeanAbsoluteError),
            (nameof(metrics.RSquared), metrics.RSquared),
        ];
    }
}

internal sealed record BinaryTask(string Label) : LearningTask(Label)
{
    public override void Check(CsvFile train)
    {
        CheckNotMissing(train);
        if (train[Label].Values.Count != 2)
            throw new UserError($"{train.Name}: the label '{Label}' of a binary task must have 2 different values but had {train[Label].Values.Count:N0}. For more classes use --task multiclass.");
    }

    // The larger number, or the text that comes later in the alphabet, is the positive class: 1, true, yes.
    public override IEstimator<ITransformer> MapLabel(MLContext ml, CsvColumn label)
    {
        IEnumerable<string> classes = label.IsNumber
            ? label.Values.Keys.OrderBy(text => double.Parse(text, CultureInfo.InvariantCulture))
            : label.Values.Keys.Order(StringComparer.OrdinalIgnoreCase);
        return ml.Transforms.Conversion.MapValue(Label, classes.Select((text, i) => KeyValuePair.Create(text, i == 1)), Label);
    }

    public override IEstimator<ITransformer> TorchMlp(MLContext ml, TorchMlpOptions options) => ml.BinaryClassification.Trainers.TorchMlp(options);

    public override IEstimator<ITransformer> Sdca(MLContext ml) => ml.BinaryClassification.Trainers.SdcaLogisticRegression(Label, Features);

    public override IReadOnlyList<(string, double)> Evaluate(MLContext ml, IDataView scored)
    {
        CalibratedBinaryClassificationMetrics metrics = ml.BinaryClassification.Evaluate(scored, Label);
        return
        [
            (nameof(metrics.AreaUnderRocCurve), metrics.AreaUnderRocCurve),
            (nameof(metrics.Accuracy), metrics.Accuracy),
            (nameof(metrics.F1Score), metrics.F1Score),
            (nameof(metrics.LogLoss), metrics.LogLoss),
        ];
    }
}

internal sealed record MulticlassTask(string Label) : LearningTask(Label)
{
    private const int MostClasses = 1_000;

    public override void Check(CsvFile train)
    {
        CheckNotMissing(train);
        if (train[Label].Values.Count is < 2 or > MostClasses)
            throw new UserError($"{train.Name}: the label '{Label}' of a multiclass task must have 2 to {MostClasses:N0} different values but had {train[Label].Values.Count:N0}. For quantities use --task regression.");
    }

    public override IEstimator<ITransformer> MapLabel(MLContext ml, CsvColumn label) =>
        ml.Transforms.Conversion.MapValueToKey(Label, keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue);

    public override IEstimator<ITransformer> TorchMlp(MLContext ml, TorchMlpOptions options) =>
        ml.MulticlassClassification.Trainers.TorchMlp(options).Append(ml.Transforms.Conversion.MapKeyToValue("PredictedText", "PredictedLabel"));

    public override IEstimator<ITransformer> Sdca(MLContext ml) => ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(Label, Features);

    public override IReadOnlyList<(string, double)> Evaluate(MLContext ml, IDataView scored)
    {
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored, Label);
        return
        [
            (nameof(metrics.MicroAccuracy), metrics.MicroAccuracy),
            (nameof(metrics.MacroAccuracy), metrics.MacroAccuracy),
            (nameof(metrics.LogLoss), metrics.LogLoss),
        ];
    }
}
