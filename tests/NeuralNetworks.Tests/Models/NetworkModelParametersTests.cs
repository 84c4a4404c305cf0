using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Models;

[TestClass]
public sealed class NetworkModelParametersTests
{
    private readonly MLContext context = new(1);
    private readonly IDataView data;

    public NetworkModelParametersTests() => data = Transformers.Data(context);

    private static Network Net(int outputs) => Networks.Mlp(ActivationFunction.Gelu, Transformers.Columns, 20, outputs);

    private static FittedNetwork Sum() => new(
        new Network([new Dense("output", Transformers.Columns, 1)]), Layout(1, 1, 0, 0, 0, 0, /* padding */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), new LinearOutput());

    private static float[] Layout(params float[] weights) => [.. weights, .. new float[16]];

    [TestMethod]
    public void Evaluate_RegressionThatIsExact_HasNoError()
    {
        var transformer = Transformers.Regression(context, data, Sum());

        RegressionMetrics metrics = context.Regression.Evaluate(transformer.Transform(data));

        metrics.RootMeanSquaredError.Should().BeLessThan(1e-6);
    }

    [TestMethod]
    public void SaveAndLoad_Regression_KeepsTypeAndBits()
    {
        var transformer = Transformers.Regression(context, data, new FittedNetwork(
            Net(1), [Networks.Weights(Net(1), 1), Networks.Weights(Net(1), 2)], new LinearOutput(3, -1) { Minimum = -2, Maximum = 2.5f },
            "what happened"u8, new Dictionary<string, string> { ["optimizer"] = "adamw" }));

        ITransformer loaded = Transformers.SaveAndLoad(context, transformer, data);

        NetworkRegressionModelParameters model = loaded.Should().BeOfType<RegressionPredictionTransformer<NetworkRegressionModelParameters>>().Subject.Model;
        model.Network.Members.Should().Be(2);
        model.Network.History.ToArray().Should().Equal("what happened"u8.ToArray());
        model.Network.Metadata["optimizer"].Should().Be("adamw");
        model.Network.Output.Should().Be(transformer.Model.Network.Output);
        Scores(loaded).Should().Equal(Scores(transformer));
    }

    [TestMethod]
    public void SaveAndLoad_Poisson_KeepsBits()
    {
        var transformer = Transformers.Regression(context, data, Networks.Fitted(Net(1), new ExponentialOutput()));

        ITransformer loaded = Transformers.SaveAndLoad(context, transformer, data);

        Scores(loaded).Should().Equal(Scores(transformer)).And.OnlyContain(score => score > 0);
    }

    [TestMethod]
    public void SaveAndLoad_CalibratedBinary_ProbabilityIsSigmoidOfScore()
    {
        var transformer = Transformers.CalibratedBinary(context, data, Networks.Fitted(Net(2), new LogisticOutput(TwoOutputs: true)));

        ITransformer loaded = Transformers.SaveAndLoad(context, transformer, data);

        IDataView scored = loaded.Transform(data);
        float[] scores = [.. scored.GetColumn<float>("Score")], probabilities = [.. scored.GetColumn<float>("Probability")];
        bool[] labels = [.. scored.GetColumn<bool>("PredictedLabel")];
        scores.Should().Equal(Scores(transformer));
        for (int i = 0; i < scores.Length; i++)
        {
            probabilities[i].Should().BeApproximately(1 / (1 + MathF.Exp(-scores[i])), 1e-6f);
            labels[i].Should().Be(probabilities[i] > 0.5f);
        }
        context.BinaryClassification.Evaluate(scored, nameof(Row.Yes)).LogLoss.Should().BePositive();
    }

    [TestMethod]
    public void SaveAndLoad_Multiclass_ScoresAreProbabilities()
    {
        var transformer = Transformers.Multiclass(context, data, Networks.Fitted(Net(3), new SoftmaxOutput()));

        ITransformer loaded = Transformers.SaveAndLoad(context, transformer, data);

        IDataView scored = loaded.Transform(data);
        scored.GetColumn<float[]>("Score").Should().AllSatisfy(scores => scores.Sum().Should().BeApproximately(1, 1e-5f));
        context.MulticlassClassification.Evaluate(scored, nameof(Row.Class)).LogLoss.Should().BePositive();
    }

    [TestMethod]
    public void SaveAndLoad_SeveralOutputs_ScoreIsAVector()
    {
        var transformer = Transformers.VectorRegression(context, data, Networks.Fitted(Net(3), new LinearOutput([1, 1, 1], [0, 0, 0]) { Ascending = true }));

        ITransformer loaded = Transformers.SaveAndLoad(context, transformer, data);

        loaded.Should().BeOfType<VectorRegressionPredictionTransformer>();
        ((VectorDataViewType)loaded.Transform(data).Schema["Score"].Type).Size.Should().Be(3);
        loaded.Transform(data).GetColumn<float[]>("Score").Should().AllSatisfy(scores => scores.Should().BeInAscendingOrder());
    }

    [TestMethod]
    public void PredictionEngine_Regression_EqualsTransform()
    {
        var transformer = Transformers.Regression(context, data, Networks.Fitted(Net(1)));
        using PredictionEngine<Row, Scored> engine = context.Model.CreatePredictionEngine<Row, Scored>(transformer);

        float[] predicted = [.. context.Data.CreateEnumerable<Row>(data, reuseRowObject: false).Select(row => engine.Predict(row).Score)];

        predicted.Should().Equal(Scores(transformer));
    }

    [TestMethod]
    public void PermutationFeatureImportance_Sum_FindsTheTwoThatMatter()
    {
        var transformer = Transformers.Regression(context, data, Sum());

        var importance = context.Regression.PermutationFeatureImportance(transformer, data);

        importance.Select(metric => Math.Abs(metric.RSquared.Mean) > 1e-3).Should().Equal(true, true, false, false, false, false);
    }

    [TestMethod]
    public void Platt_UncalibratedBinary_AddsProbability()
    {
        var transformer = Transformers.Binary(context, data, Networks.Fitted(Net(1), new LogisticOutput()));
        IDataView scored = transformer.Transform(data);
        context.BinaryClassification.EvaluateNonCalibrated(scored, nameof(Row.Yes)).AreaUnderRocCurve.Should().BeInRange(0, 1);

        var calibrator = context.BinaryClassification.Calibrators.Platt(nameof(Row.Yes)).Fit(scored);

        calibrator.Transform(scored).GetColumn<float>("Probability").Should().OnlyContain(probability => probability > 0 && probability < 1);
    }

    [TestMethod]
    public void ChangeModelThreshold_Binary_MovesTheLabel()
    {
        var transformer = Transformers.Binary(context, data, Networks.Fitted(Net(1), new LogisticOutput()));

        var moved = context.BinaryClassification.ChangeModelThreshold(transformer, 1e6f);

        moved.Transform(data).GetColumn<bool>("PredictedLabel").Should().OnlyContain(label => !label);
        Scores(Transformers.SaveAndLoad(context, moved, data)).Should().Equal(Scores(transformer));
    }

    [TestMethod]
    public void OneVersusAll_OverNetworks_SavesAndLoads()
    {
        FittedNetwork Class(int seed) => Networks.Fitted(Net(1), new LogisticOutput(), seed);
        var trainer = context.MulticlassClassification.Trainers.OneVersusAll(new FixedBinaryTrainer(context, Class(1), Class(2), Class(3)), nameof(Row.Class));
        var transformer = trainer.Fit(data);

        ITransformer loaded = Transformers.SaveAndLoad(context, transformer, data);

        loaded.Transform(data).GetColumn<float[]>("Score").SelectMany(scores => scores)
            .Should().Equal(transformer.Transform(data).GetColumn<float[]>("Score").SelectMany(scores => scores));
    }

    [TestMethod]
    public void Load_InAFreshProcess_PredictsTheSameBits()
    {
        (string Name, ITransformer Model)[] models =
        [
            ("regression", Transformers.Regression(context, data, Networks.Fitted(Net(1)))),
            ("binary", Transformers.CalibratedBinary(context, data, Networks.Fitted(Net(1), new LogisticOutput()))),
            ("multiclass", Transformers.Multiclass(context, data, Networks.Fitted(Net(3), new SoftmaxOutput()))),
            ("vector", Transformers.VectorRegression(context, data, Networks.Fitted(Net(2)))),
        ];
        models.AsParallel().ForAll(model =>
        {
            string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zip");
            try
            {
                context.Model.Save(model.Model, data.Schema, path);
                FreshProcess.Scores(path, context.Data.CreateEnumerable<Row>(data, false).Select(row => row.Features))
                    .Should().Equal(FreshProcess.Bits(model.Model.Transform(data)), model.Name);
            }
            finally
            {
                File.Delete(path);
            }
        });
    }

    [TestMethod]
    public void GetMapper_WrongType_SaysWhich()
    {
        IValueMapper model = new NetworkRegressionModelParameters(context, Sum());

        Action act = () => model.GetMapper<VBuffer<float>, VBuffer<float>>();

        act.Should().Throw<InvalidOperationException>().WithMessage("*Single*");
    }

    [TestMethod]
    public void Constructor_TwoOutputsForOneNumber_Refuses()
    {
        Action act = () => new NetworkRegressionModelParameters(context, Networks.Fitted(Net(2)));

        act.Should().Throw<InvalidOperationException>().WithMessage("*one prediction per row*");
    }

    private IEnumerable<float> Scores(ITransformer transformer) => transformer.Transform(data).GetColumn<float>("Score");
}
