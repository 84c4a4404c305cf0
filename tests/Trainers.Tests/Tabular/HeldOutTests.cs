using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>What decides on small tables: folds, the linear model, and the choice.</summary>
[TestClass]
public sealed class HeldOutTests
{
    [TestMethod]
    public void Folds_AnyData_ArePartitionsWithAllClasses()
    {
        TrainingData data = Tables.Data(Tables.Rows(203), value => value > 0.8f ? 1 : 0);
        int[][] folds = Folds.Of(data, 8, seed: 3);
        folds.SelectMany(rows => rows).Should().BeEquivalentTo(Enumerable.Range(0, 203));
        double share = data.Labels.ToArray().Average();
        float[] labels = data.Labels.ToArray();
        foreach (int[] rows in folds) rows.Average(row => labels[row]).Should().BeApproximately((float)share, 1f / rows.Length);
    }

    [TestMethod]
    public void RidgeModel_LinearLabels_FindsTheCoefficients()
    {
        TrainingData data = Tables.Data(Tables.Rows(300).Select(row => (row.Features[..3], 1 + 2 * row.Features[0] - row.Features[1])));
        RidgeModel model = RidgeModel.Fit(data, outputs: 1, softmax: false, ridge: 1e-4, start: null);
        (model.Weight(0, 0), model.Weight(1, 0)).Should().Match<(float, float)>(w => Math.Abs(w.Item1 - 2) < 0.02 && Math.Abs(w.Item2 + 1) < 0.02);
        model.Weight(2, 0).Should().BeApproximately(0, 0.01f);
        model.Bias(0).Should().BeApproximately(1, 0.05f);
    }

    [TestMethod]
    public void RidgeModel_StrongerRidge_HasSmallerWeights()
    {
        TrainingData data = Tables.Data(Tables.Rows(300), value => value > 0.3f ? 1 : 0);
        double Size(double ridge)
        {
            RidgeModel model = RidgeModel.Fit(data, outputs: 2, softmax: true, ridge, start: null);
            return Enumerable.Range(0, 5).Sum(column => Math.Abs(model.Weight(column, 1)));
        }
        Size(1000).Should().BeLessThan(Size(10)).And.BeGreaterThan(0);
        Size(10).Should().BeLessThan(Size(0.1));
    }

    [TestMethod]
    public void LinearMember_StraightColumns_FitALinearLabelAndBentOnesDoNot()
    {
        (float[] Features, float Label)[] rows = [.. Tables.Rows(300).Select(row => (row.Features[..3].Select(value => MathF.Exp(2 * value)).ToArray(), 0f))];
        float scale = rows.Max(row => row.Features[0]);
        TrainingData data = Tables.Data(rows.Select(row => (row.Features, (row.Features[0] - 0.5f * row.Features[1]) / scale)));
        TorchTabularOptions options = Tables.Small(LearningTask.Regression, 300);
        var encoding = new TabularEncoding(data, new HashSet<int>(), options, () => { });
        Network network = TabularNetwork.Build(encoding, options, outputs: 1);
        float[] first = FirstWeights.Of(network, encoding, data, dataDriven: true, seed: 5);
        double Error(LinearMember member)
        {
            RidgeModel model = RidgeModel.Fit(member.Features(data), outputs: 1, softmax: false, ridge: 0.001, start: null);
            float[] scores = new float[300];
            new NetworkScorer(new FittedNetwork(network, member.Weights(model), LinearMember.Plain(1))).Score(data.Features.Span, 300, scores);
            float[] labels = data.Labels.ToArray();
            return scores.Select((score, row) => Math.Pow(score - labels[row], 2)).Average() / labels.Average(label => label * label);
        }
        Error(LinearMember.Straight(network, first, encoding, data)!).Should().BeLessThan(1e-4);
        Error(LinearMember.Bent(network, first)).Should().BeGreaterThan(1e-3);
    }

    [TestMethod]
    [DataRow(32, DisplayName = "encoded columns")]
    [DataRow(0, DisplayName = "scaled columns")]
    public void LinearMember_StraightColumns_GoOnBeyondTheTrainingRows(int encodedColumns)
    {
        TrainingData data = Tables.Data(Tables.Rows(200).Select(row => (row.Features, 3 * row.Features[0] - row.Features[2])));
        TorchTabularOptions options = Tables.Small(LearningTask.Regression, 200, own => own.MaximumEncodedColumns = encodedColumns);
        var encoding = new TabularEncoding(data, new HashSet<int>(), options, () => { });
        Network network = TabularNetwork.Build(encoding, options, outputs: 1);
        LinearMember member = LinearMember.Straight(network, FirstWeights.Of(network, encoding, data, dataDriven: true, seed: 5), encoding, data)!;
        RidgeModel model = RidgeModel.Fit(member.Features(data), outputs: 1, softmax: false, ridge: 1e-4, start: null);
        var scorer = new NetworkScorer(new FittedNetwork(network, member.Weights(model), LinearMember.Plain(1)));

        // Columns 0 and 2 of the rows lie within [-2, 2] and [1, 20].
        float[] score = new float[1];
        scorer.Score([8, 0, 100, 1, 0], score);
        score[0].Should().BeApproximately(3 * 8 - 100, 1);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LinearMember_Weights_ScoreAsTheModelDoes(bool straight)
    {
        TrainingData data = Tables.Data(Tables.Rows(120), value => value > 0.3f ? 1 : 0);
        TorchTabularOptions options = Tables.Small(LearningTask.BinaryClassification, 120);
        var encoding = new TabularEncoding(data, new HashSet<int>(), options, () => { });
        Network network = TabularNetwork.Build(encoding, options, outputs: 2);
        float[] first = FirstWeights.Of(network, encoding, data, dataDriven: true, seed: 5);
        LinearMember.Fits(network).Should().BeTrue();
        LinearMember member = straight ? LinearMember.Straight(network, first, encoding, data)! : LinearMember.Bent(network, first);
        TrainingData features = member.Features(data);
        RidgeModel model = RidgeModel.Fit(features, outputs: 2, softmax: true, ridge: 1, start: null);

        float[] scores = new float[240], expected = new float[2];
        new NetworkScorer(new FittedNetwork(network, member.Weights(model), LinearMember.Plain(2))).Score(data.Features.Span, 120, scores);
        for (int row = 0; row < 120; row++)
        {
            model.Score(features.Features.Span.Slice(row * features.Columns, features.Columns), expected);
            scores[row * 2].Should().BeApproximately(expected[0], 1e-4f);
            scores[row * 2 + 1].Should().BeApproximately(expected[1], 1e-4f);
        }
    }

    [TestMethod]
    public void Factor_ScoresTooConfidentByThree_IsAThird()
    {
        var random = new Random(4);
        float[] raw = new float[40_000];
        float[] labels = new float[20_000];
        for (int row = 0; row < labels.Length; row++)
        {
            double logOdds = random.NextDouble() * 4 - 2;
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-logOdds)) ? 1 : 0;
            raw[2 * row + 1] = (float)(3 * logOdds);
        }
        new HeldOutChoice(new TrainingData(labels.Length, 1, default, labels, default), 2, softmax: true).Factor(raw).Should().BeApproximately(1 / 3.0, 0.02);
    }

    [TestMethod]
    public void Pick_TwoHalvesOfTheTruth_TakesBoth()
    {
        float[] labels = [.. Enumerable.Range(0, 100).Select(i => (float)Math.Sin(i))];
        double[] above = [.. labels.Select(label => label + 1.0)], below = [.. labels.Select(label => label - 1.0)], bad = [.. labels.Select(_ => 5.0)];
        var choice = new HeldOutChoice(new TrainingData(100, 1, default, labels, default), 1, softmax: false);
        choice.Pick([above, below, bad], 8).Should().Equal(4, 4, 0);
    }

    [TestMethod]
    [DataRow(0f, false, DisplayName = "structure")]
    [DataRow(1f, true, DisplayName = "noise")]
    public void IsNoisy_FirstFold_TellsNoiseFromStructure(float share, bool expected)
    {
        var random = new Random(9);
        TrainingData data = Tables.Data(Tables.Rows(400).Select(row => (row.Features, (1 - share) * row.Value + share * 3 * (random.NextSingle() - 0.5f))));
        TorchTabularOptions options = Tables.Small(LearningTask.Regression, 400, own => (own.HiddenLayers, own.NumberOfEpochs, own.BatchSize, own.NumberOfThreads) = ([48], 60, 64, 1));
        TabularShape shape = TabularShape.Of(data, new HashSet<int>(), options, outputs: 1, holdsOut: true, () => { }).Single();
        var remarks = new List<string>();
        var training = new HeldOutTraining(data, 2, shape, new SquaredError(), LearningTask.Regression, Device.Cpu, seed: 3, new RunWatcher(default, () => { }, [], remarks.Add));

        training.Fit(0);

        bool noisy = training.IsNoisy();
        noisy.Should().Be(expected, remarks[^1]);
        remarks[^1].Should().Contain(expected ? "all folds decide" : "the recipe's run is taken");
    }
}
