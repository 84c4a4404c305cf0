using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

/// <summary>What users get wrong: each case with the words that must be in the message.</summary>
[TestClass]
public sealed class BadInputTests
{
    private readonly MLContext context = new(seed: 1);

    private sealed class VariableRow
    {
        public float Label = 1;
        public float[] Features = [];
    }

    private sealed class NamedRow
    {
        public float Price, Ratio, Label;
    }

    private sealed class KeyRow
    {
        // In memory a key type counts from 0: 3 is beyond the last of three classes, and so missing.
        [KeyType(3)] public uint Label;
        [VectorType(2)] public float[] Features = [];
    }

    public static IEnumerable<object[]> BadValues() =>
    [
        [3, 0f, float.NaN, 1f, "Column 'Features' of row 3", "slot 1 was NaN"],
        [0, 0f, float.PositiveInfinity, 1f, "Column 'Features' of row 0", "slot 1 was Infinity"],
        [7, float.NaN, 0f, 1f, "Column 'Label' of row 7", "was NaN"],
        [2, float.NegativeInfinity, 0f, 1f, "Column 'Label' of row 2", "was -Infinity"],
        [5, 0f, 0f, -1f, "Column 'Weight' of row 5", "was -1"],
        [5, 0f, 0f, float.NaN, "Column 'Weight' of row 5", "was NaN"],
    ];

    [TestMethod]
    [DynamicData(nameof(BadValues))]
    public void Fit_UnusableValue_NamesColumnAndRow(int row, float label, float feature, float weight, string where, string what)
    {
        List<Samples.RegressionRow> rows = Samples.Linear(20);
        rows[row].Label = label;
        rows[row].Features[1] = feature;
        rows[row].Weight = weight;
        var trainer = context.Regression.Trainers.TorchLinear(exampleWeightColumnName: "Weight");
        trainer.Invoking(t => t.Fit(context.View(rows))).Should().Throw<InvalidOperationException>().WithMessage($"*{where}*{what}*");
    }

    [TestMethod]
    public void Fit_InfiniteFeature_NamesTheSlotAndSaysWhatHelps()
    {
        IDataView rows = context.View(new List<NamedRow> { new() { Price = 1, Ratio = 2, Label = 1 }, new() { Price = 1, Ratio = float.PositiveInfinity, Label = 1 } });
        rows = context.Transforms.Concatenate("Features", "Price", "Ratio").Fit(rows).Transform(rows);
        var options = new TorchLinearOptions { MissingValues = MissingValueHandling.Impute };
        context.Regression.Trainers.TorchLinear(options).Invoking(t => t.Fit(rows)).Should().Throw<InvalidOperationException>()
            .WithMessage("*row 1*slot 1 ('Ratio') was Infinity*filter such rows*").Which.Message.Should().NotContain("MissingValues");
    }

    [TestMethod]
    public void Fit_NoValidationRows_SaysThatTheyAreMeant() =>
        context.Regression.Trainers.TorchLinear().Invoking(t => t.Fit(context.View(Samples.Linear(20)), context.View(new List<Samples.RegressionRow>())))
            .Should().Throw<InvalidOperationException>().WithMessage("The validation data must have at least one row*");

    [TestMethod]
    public void Fit_CategoricalColumnsWithoutSlotNames_SaysHowToGetThem()
    {
        var options = new TorchMlpOptions { CategoricalColumns = ["Town"] };
        context.Regression.Trainers.TorchMlp(options).Invoking(t => t.Fit(context.View(Samples.Linear(20))))
            .Should().Throw<ArgumentException>().WithMessage("*'Town' is none: the column has no slot names.*Concatenate*");
    }

    [TestMethod]
    public void Verbs_NullOptions_NameTheArgument()
    {
        Action[] verbs =
        [
            () => context.Regression.Trainers.TorchTabular(null!), () => context.Regression.Trainers.TorchMlp((TorchMlpOptions)null!),
            () => context.BinaryClassification.Trainers.TorchLinear((TorchLinearOptions)null!), () => context.MulticlassClassification.Trainers.TorchModule(null!),
        ];
        foreach (Action verb in verbs) verb.Should().Throw<ArgumentNullException>().WithParameterName("options").WithMessage("options must be a value but was null.*");
    }

    [TestMethod]
    public void QuantileLoss_InAMessage_ShowsItsQuantiles() =>
        context.Regression.Trainers.Invoking(t => t.TorchMlp(new TorchMlpOptions { Loss = new QuantileLoss(0.05, 0.95) }))
            .Should().Throw<ArgumentException>().WithMessage("*but was QuantileLoss { Quantiles = 0.05, 0.95 },*");

    [TestMethod]
    public void Fit_AllWeightsZero_SaysSo()
    {
        List<Samples.RegressionRow> rows = Samples.Linear(20);
        rows.ForEach(row => row.Weight = 0);
        context.Regression.Trainers.TorchLinear(exampleWeightColumnName: "Weight").Invoking(t => t.Fit(context.View(rows)))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Weight'*not all be zero*");
    }

    [TestMethod]
    public void Fit_NoRows_SaysSo() =>
        context.Regression.Trainers.TorchLinear().Invoking(t => t.Fit(context.View(new List<Samples.RegressionRow>())))
            .Should().Throw<InvalidOperationException>().WithMessage("*at least one row*");

    [TestMethod]
    public void Fit_MissingColumn_NamesIt() =>
        context.Regression.Trainers.TorchLinear(featureColumnName: "Nope").Invoking(t => t.Fit(context.View(Samples.Linear(20))))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*feature column 'Nope'*");

    [TestMethod]
    public void Fit_WrongLabelType_SaysWhatItMustBe() =>
        context.MulticlassClassification.Trainers.TorchLinear().Invoking(t => t.Fit(context.View(Samples.Linear(20))))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*label column 'Label'*Key<UInt32>*Single*");

    [TestMethod]
    public void Fit_UnknownVectorSize_SaysSo() =>
        context.Regression.Trainers.TorchLinear().Invoking(t => t.Fit(context.View(new List<VariableRow> { new() { Features = [1] } })))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*feature column 'Features'*Vector<Single>*VarVector<Single>*");

    [TestMethod]
    public void Fit_MissingClass_NamesTheRow() =>
        context.MulticlassClassification.Trainers.TorchLinear().Invoking(t => t.Fit(context.View(new List<KeyRow> { new() { Label = 1, Features = [1, 2] }, new() { Label = 3, Features = [1, 2] } })))
            .Should().Throw<InvalidOperationException>().WithMessage("*Column 'Label' of row 1*class from 1 to 3*missing*");

    public static IEnumerable<object[]> BadOptions()
    {
        foreach (double value in new[] { double.NaN, -1, double.PositiveInfinity })
        {
            yield return Case($"rate {value}", () => new TorchMlpOptions { Optimizer = Optimizers.AdamW(value) }, "LearningRate");
            yield return Case($"decay {value}", () => new TorchMlpOptions { Optimizer = Optimizers.AdamW(0.1, weightDecay: value) }, value == -1 ? "WeightDecay" : "finite");
            yield return Case($"validation {value}", () => new TorchMlpOptions { ValidationFraction = value }, "ValidationFraction");
            yield return Case($"delta {value}", () => new TorchMlpOptions { EarlyStopping = new EarlyStopping { MinimumDelta = value } }, "MinimumDelta");
        }
        foreach (int value in new[] { int.MinValue, -1, 0 })
        {
            yield return Case($"epochs {value}", () => new TorchMlpOptions { NumberOfEpochs = value }, "NumberOfEpochs");
            yield return Case($"batch {value}", () => new TorchMlpOptions { BatchSize = value }, "BatchSize");
            yield return Case($"accumulation {value}", () => new TorchMlpOptions { GradientAccumulation = value }, "GradientAccumulation");
            yield return Case($"threads {value}", () => new TorchMlpOptions { NumberOfThreads = value }, "NumberOfThreads");
            yield return Case($"layer {value}", () => new TorchMlpOptions { HiddenLayers = [8, value] }, "HiddenLayers");
            yield return Case($"patience {value}", () => new TorchMlpOptions { EarlyStopping = new EarlyStopping { Patience = value } }, "Patience");
        }
        yield return Case("bins 100000000", () => new TorchMlpOptions { PiecewiseLinearBins = 100_000_000 }, "PiecewiseLinearBins must be between 0 and 16777216 but was 100000000. 64 is usual");
        yield return Case("frequencies 100000000", () => new TorchMlpOptions { PeriodicFrequencies = 100_000_000 }, "PeriodicFrequencies");
        yield return Case("encoding 100000000", () => new TorchMlpOptions { EncodingWidth = 100_000_000 }, "EncodingWidth");
        yield return Case("category 100000000", () => new TorchMlpOptions { CategoryWidth = 100_000_000 }, "CategoryWidth");
        yield return Case("validation 1", () => new TorchMlpOptions { ValidationFraction = 1 }, "ValidationFraction");
        yield return Case("no label name", () => new TorchMlpOptions { LabelColumnName = " " }, "LabelColumnName");
        yield return Case("no optimizer", () => new TorchMlpOptions { Optimizer = null! }, "Optimizer");
        yield return Case("no schedule", () => new TorchMlpOptions { Schedule = null! }, "Schedule");
        yield return Case("another task's loss", () => new MLContext().Regression.Trainers.TorchMlp(new TorchMlpOptions { Loss = new LogisticLoss() }), "Loss");

        static object[] Case(string name, Action make, string words) => [name, make, words];
    }

    [TestMethod]
    [DynamicData(nameof(BadOptions))]
    public void Options_OutOfRange_AreErrorsAtOnce(string name, Action make, string words) =>
        make.Should().Throw<ArgumentException>(name).Where(error => error.Message.Contains(words) && error.Message.Contains(" must be ") && error.Message.Contains(" but was "));

    [TestMethod]
    public void Fit_ScheduleLongerThanTheRun_SaysTheNumbers()
    {
        var trainer = context.Regression.Trainers.TorchLinear(schedule: LrSchedule.Warmup(50.Epochs()), numberOfEpochs: 10, batchSize: 10);
        trainer.Invoking(t => t.Fit(context.View(Samples.Linear(100)))).Should().Throw<ArgumentException>().WithMessage("*at most 100 steps*500*");
    }

    [TestMethod]
    public void Fit_UnmatchedGroup_NamesTheParameters()
    {
        var trainer = context.Regression.Trainers.TorchMlp(new TorchMlpOptions { HiddenLayers = [4], ParameterGroups = [new ParameterGroup("encoder.*")] });
        trainer.Invoking(t => t.Fit(context.View(Samples.Linear(20)))).Should().Throw<ArgumentException>().WithMessage("*encoder.*layers.0.weight*");
    }
}
