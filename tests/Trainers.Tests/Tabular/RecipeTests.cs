using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

[TestClass]
public sealed class RecipeTests
{
    [TestMethod]
    [DataRow(16_512, "Regression", 30)]
    [DataRow(100_000, "Regression", 12)]
    [DataRow(1_000, "Regression", 64)]
    [DataRow(26_000, "BinaryClassification", 15)]
    [DataRow(10_000, "MulticlassClassification", 40)]
    public void Resolve_Epochs_FallWithTheRows(int rows, string task, int expected) =>
        Recipe.Resolve(new TorchTabularOptions(), Enum.Parse<LearningTask>(task), rows).NumberOfEpochs.Should().Be(expected);

    [TestMethod]
    [DataRow(20, 20)]
    [DataRow(200, 32)]
    [DataRow(700, 80)]
    [DataRow(2_048, 256)]
    [DataRow(100_000, 256)]
    public void Resolve_Batch_IsAnEighthOfASmallTable(int rows, int expected) =>
        Recipe.Resolve(new TorchTabularOptions(), LearningTask.Regression, rows).BatchSize.Should().Be(expected);

    [TestMethod]
    public void Resolve_WhatTheUserSet_Stays()
    {
        Optimizer optimizer = Torch.Optimizers.Sgd(0.5);
        var given = new TorchTabularOptions { Optimizer = optimizer, Schedule = LrSchedule.Constant, NumberOfEpochs = 3, BatchSize = 17, Members = 2, PiecewiseLinearBins = 5, Folds = 0 };
        TorchTabularOptions resolved = Recipe.Resolve(given, LearningTask.Regression, 10_000);
        resolved.Should().BeEquivalentTo(new { Optimizer = optimizer, Schedule = LrSchedule.Constant, NumberOfEpochs = 3.0, BatchSize = 17, Members = 2, PiecewiseLinearBins = 5 });
        given.PeriodicFrequencies.Should().BeNull("the user's options are not changed");
    }

    [TestMethod]
    public void Resolve_OptimizerAndSchedule_AreTheCodeOfTheDocs()
    {
        AdamW Of(double rate) => Torch.Optimizers.AdamW(learningRate: rate, weightDecay: 0, beta2: 0.95) with { WeightDecay = 0.02.Following(LrSchedule.Hold(0.5.OfRun()).Cosine()) };
        TorchTabularOptions regression = Recipe.Resolve(new TorchTabularOptions(), LearningTask.Regression, 1000), classes = Recipe.Resolve(new TorchTabularOptions(), LearningTask.MulticlassClassification, 1000);
        (regression.Optimizer, regression.Schedule).Should().Be((Of(0.1), LrSchedule.Decay(TrainingSpan.Rest, Shape.CosLog(4), from: 1)));
        (classes.Optimizer, classes.Schedule).Should().Be((Of(0.04), LrSchedule.Warmup(0.05.OfRun()).Cosine()));
    }

    [TestMethod]
    public void Resolve_LastBatch_IsDroppedUnlessTheUserKeepsIt()
    {
        Recipe.Resolve(new TorchTabularOptions(), LearningTask.Regression, 1000).LastBatch.Should().Be(LastBatch.Drop);
        Recipe.Resolve(new TorchTabularOptions { LastBatch = LastBatch.Keep }, LearningTask.Regression, 1000).LastBatch.Should().Be(LastBatch.Keep);
    }

    [TestMethod]
    [DataRow(30, 0, 4)]
    [DataRow(4_096, 8, 8)]
    [DataRow(4_097, 0, 4)]
    public void Resolve_Folds_AreForSmallTables(int rows, int folds, int members)
    {
        TorchTabularOptions resolved = Recipe.Resolve(new TorchTabularOptions(), LearningTask.BinaryClassification, rows);
        (resolved.Folds, resolved.Members).Should().Be((folds, members));
    }

    [TestMethod]
    public void Groups_Network_HasTheRecipesRatesAndDecays()
    {
        Network network = Build(out _);
        var groups = ResolvedGroup.Resolve(
            Torch.Optimizers.AdamW(1, weightDecay: 0.5), Recipe.Groups(network.Layout, []), null, TrainingPlan.OfSteps(10), network.Layout);
        (double, double) Of(string parameter)
        {
            ResolvedGroup group = groups.Single(group => group.Parameters.Any(slot => slot.Spec.Name == parameter));
            return (group.PeakRate, group.Optimizer.WeightDecay.Value);
        }
        Of("layers.0.weight").Should().Be((1, 0.5));
        Of("output.bias").Should().Be((0.1, 0));
        Of("layers.1.bias").Should().Be((0.1, 0));
        Of("front.weight").Should().Be((6, 0.5));
        Of("layers.1.activation.blend").Should().Be((0.1, 0.5));
        Of("encoding.bias").Should().Be((0.1, 0.5));
        groups.SelectMany(group => group.Parameters).Should().NotContain(slot => slot.Spec.Role == ParameterRole.Buffer);
    }

    [TestMethod]
    [DataRow(4_096, null, null, null, 8, 0, DisplayName = "few rows: all folds")]
    [DataRow(4_097, null, null, null, 0, 8, DisplayName = "many rows: the first fold asks")]
    [DataRow(4_097, 3, null, null, 0, 3, DisplayName = "as many as members")]
    [DataRow(4_097, 1, null, null, 0, 0, DisplayName = "a single member")]
    [DataRow(4_097, null, 0, null, 0, 0, DisplayName = "folds refused")]
    [DataRow(4_097, null, null, 4, 0, 0, DisplayName = "members that share weights")]
    public void Resolve_Folds_FollowTheRows(int rows, int? members, int? folds, int? shared, int expected, int ifNoisy)
    {
        TorchTabularOptions resolved = Recipe.Resolve(new TorchTabularOptions { Members = members, Folds = folds, SharedMembers = shared }, LearningTask.Regression, rows);
        (resolved.Folds, resolved.FoldsIfNoisy).Should().Be((expected, ifNoisy));
    }

    [TestMethod]
    public void FirstWeights_EachHiddenUnit_HasADeviationOfOne()
    {
        Network network = Build(out float[] weights);
        var data = Tables.Data(Tables.Rows(500));
        var upTo = new Network(network.Layers.TakeWhile(layer => layer is not ParametricActivation));
        float[] own = new float[upTo.Layout.Length];
        foreach (ParameterSlot slot in upTo.Layout) network.Layout[slot.Spec.Name].In<float>(weights.AsSpan()).CopyTo(slot.In(own.AsSpan()));
        float[] outputs = new float[500 * upTo.Outputs];
        new NeuralNetworks.Scoring.NetworkScorer(new FittedNetwork(upTo, own, LinearMember.Plain(upTo.Outputs))).Score(data.Features.Span, 500, outputs);
        for (int unit = 0; unit < upTo.Outputs; unit++)
        {
            double[] column = [.. Enumerable.Range(0, 500).Select(row => (double)outputs[row * upTo.Outputs + unit])];
            double mean = column.Average();
            Math.Sqrt(column.Average(value => (value - mean) * (value - mean))).Should().BeApproximately(1, 1e-3);
            (column.Min() <= 0 && column.Max() >= 0).Should().BeTrue("the bend of the activation lies among the rows");
        }
    }

    private static Network Build(out float[] weights)
    {
        var data = Tables.Data(Tables.Rows(500));
        TorchTabularOptions options = Tables.Small(LearningTask.Regression, 500);
        var encoding = new TabularEncoding(data, new HashSet<int>(), options, () => { });
        Network network = TabularNetwork.Build(encoding, options, outputs: 1);
        weights = FirstWeights.Of(network, encoding, data, dataDriven: true, seed: 5);
        return network;
    }
}
