using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>Options either hold for the whole fit or are refused: none is dropped without a word.</summary>
[TestClass]
public sealed class TabularOptionTests
{
    private readonly MLContext context = new(seed: 1);

    [TestMethod]
    [DataRow(60, 0, 8, 1.0 / 8, DisplayName = "members")]
    [DataRow(60, 8, null, 1.0 / 10, DisplayName = "held-out folds")]
    [DataRow(4200, null, null, 1.0 / 10, DisplayName = "a fold that asks for others")]
    public void MaximumTime_SeveralRunsOnOneThread_IsSharedAmongThem(int rows, int? folds, int? members, double share)
    {
        const double Seconds = 2;
        var ends = new Dictionary<string, List<double>>();
        TrainingHistory history = Fit(options =>
        {
            (options.Folds, options.Members, options.NumberOfThreads, options.HiddenLayers) = (folds, members, 1, [8]);
            (options.MaximumTime, options.NumberOfEpochs) = (TimeSpan.FromSeconds(Seconds), 1e6);
            options.Progress = new Immediate(now =>
            {
                if (!ends.TryGetValue(now.Run, out List<double>? epochs)) ends.Add(now.Run, epochs = []);
                epochs.Add(now.Elapsed.TotalSeconds);
            });
        }, rows);

        ends.Count.Should().BeGreaterThan(7);
        history.Epochs[^1].Seconds.Should().BeGreaterThanOrEqualTo(share * Seconds);
        // A run ends with the epoch in which its time is over. A busy machine makes that epoch as long as it likes: it does not count.
        ends.Values.Sum(epochs => epochs.Count > 1 ? epochs[^2] : 0).Should().BeLessThan(Seconds);
    }

    [TestMethod]
    public void TrainingMetrics_HeldOutFolds_AreInTheHistory() =>
        Fit(options => (options.Folds, options.Members, options.TrainingMetrics) = (2, null, true))
            .Epochs.Should().OnlyContain(epoch => epoch.TrainingMetrics.ContainsKey("RootMeanSquaredError"));

    [TestMethod]
    public void Folds_WithWhatLeavesNothingToChoose_AreRefused()
    {
        Refuses(options => options.Loss = new HuberLoss(), "Folds must be 0 with a Loss of your own but was 4.*");
        Refuses(options => options.EarlyStopping = new EarlyStopping(), "Folds must be 0 with EarlyStopping but was 4.*");
        Refuses(options => options.ValidationFraction = 0.2, "Folds must be 0 with a ValidationFraction but was 4.*");
        Refuses(options => options.SharedMembers = 2, "Folds must be 0 for members that share weights but was 4.*");
        Refuses(options => options.Members = 3, "Folds must be 0 or the 3 of Members but was 4.*");

        void Refuses(Action<TorchTabularOptions> change, string message) =>
            FluentActions.Invoking(() => context.Regression.Trainers.TorchTabular(WithFolds(change))).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [TestMethod]
    public void Folds_WithValidationRowsOrAModelToGoOnFrom_AreRefused()
    {
        IDataView rows = context.View(Tables.Rows(60));
        var trainer = context.Regression.Trainers.TorchTabular(WithFolds(_ => { }));
        trainer.Invoking(it => it.Fit(rows, rows)).Should().Throw<InvalidOperationException>().WithMessage("Folds must be 0 with rows to validate on but was 4.*");
        var model = context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", options => options.NumberOfEpochs = 1)).Fit(rows).Model;
        trainer.Invoking(it => it.Fit(rows, model)).Should().Throw<InvalidOperationException>().WithMessage("Folds must be 0 with a model to go on from but was 4.*");
    }

    [TestMethod]
    public void Folds_OfTheRecipe_GiveWay()
    {
        IDataView rows = context.View(Tables.Rows(60));
        var options = TorchTabularTests.Options("Value", own => (own.Folds, own.Members, own.NumberOfEpochs) = (null, 2, 1));
        TorchTabularOptions resolved = Torch.Tabular.Recipe.Resolve(options, LearningTask.Regression, 60);
        resolved.Folds.Should().Be(2);
        context.Regression.Trainers.TorchTabular(options).Fit(rows, rows).Model.Network.Members.Should().Be(2);
        context.Regression.Trainers.TorchTabular(resolved).Fit(rows, rows).Model.Network.Members.Should().Be(2, "a search hands the recipe's choice on");
    }

    [TestMethod]
    public void ResumeWithDecay_HeldOutRows_SaysThatSuchARunCannotBranch() =>
        FluentActions.Invoking(() => Fit(options => (options.Folds, options.Members, options.ResumeWithDecay, options.ResumeFrom) = (2, null, LrSchedule.Linear(5.Steps()), ".")))
            .Should().Throw<InvalidOperationException>().WithMessage("ResumeWithDecay must be null where rows are held out but was *Folds = 0*");

    private TorchTabularOptions WithFolds(Action<TorchTabularOptions> change) => TorchTabularTests.Options("Value", options =>
    {
        (options.Folds, options.Members) = (4, null);
        change(options);
    });

    private TrainingHistory Fit(Action<TorchTabularOptions> change, int rows = 60) =>
        context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", change)).Fit(context.View(Tables.Rows(rows))).Model.History!;
}
