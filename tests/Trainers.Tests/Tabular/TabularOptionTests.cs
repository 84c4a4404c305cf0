using System.Diagnostics;
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
        var clock = Stopwatch.StartNew();
        TrainingHistory history = Fit(options =>
        {
            (options.Folds, options.Members, options.NumberOfThreads, options.HiddenLayers) = (folds, members, 1, [8]);
            (options.MaximumTime, options.NumberOfEpochs) = (TimeSpan.FromSeconds(Seconds), 1e6);
        }, rows);

        // A busy machine makes an epoch long: much is left for that.
        history.Epochs[^1].Seconds.Should().BeInRange(share * Seconds, 0.6 * Seconds);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(3 * Seconds);
    }

    private TrainingHistory Fit(Action<TorchTabularOptions> change, int rows = 60) =>
        context.Regression.Trainers.TorchTabular(TorchTabularTests.Options("Value", change)).Fit(context.View(Tables.Rows(rows))).Model.History!;
}
