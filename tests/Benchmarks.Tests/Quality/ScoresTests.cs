using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

/// <summary>The figures beside their definitions.</summary>
[TestClass]
public sealed class ScoresTests
{
    private readonly MLContext ml = new(seed: 1);

    [TestMethod]
    public void Evaluate_Regression_IsRmseAndMae()
    {
        float[] labels = [1, 4, -2, 0.5f], scores = [1.5f, 3, -2, 2.5f];
        double[] figures = Scores.Evaluate(ml, TableTask.Regression, ml.Data.LoadFromEnumerable(labels.Zip(scores, (label, score) => new Number { Value = label, Score = score })));
        figures[0].Should().BeApproximately(Math.Sqrt((0.25 + 1 + 0 + 4) / 4), 1e-6);
        figures[1].Should().BeApproximately((0.5 + 1 + 0 + 2) / 4, 1e-6);
    }

    [TestMethod]
    public void Evaluate_Binary_IsAucAndBits()
    {
        bool[] labels = [true, true, false, false, true];
        float[] chances = [0.9f, 0.4f, 0.6f, 0.1f, 0.6f];
        double[] figures = Scores.Evaluate(ml, TableTask.Binary, ml.Data.LoadFromEnumerable(labels.Zip(chances, (label, chance) =>
            new Side { IsSecond = label, Probability = chance, Score = MathF.Log(chance / (1 - chance)), PredictedLabel = chance > 0.5f })));
        // Of six pairs the positive one is above in four and beside in one.
        figures[0].Should().BeApproximately(4.5 / 6, 1e-6);
        figures[1].Should().BeApproximately(-labels.Zip(chances, (label, chance) => Math.Log2(label ? chance : 1 - chance)).Average(), 1e-6);
    }

    [TestMethod]
    public void Evaluate_Multiclass_IsAccuracyAndNats()
    {
        uint[] labels = [0, 2, 1, 2];
        float[][] chances = [[0.7f, 0.2f, 0.1f], [0.1f, 0.3f, 0.6f], [0.5f, 0.4f, 0.1f], [0.2f, 0.2f, 0.6f]];
        double[] figures = Scores.Evaluate(ml, TableTask.Multiclass, ml.Data.LoadFromEnumerable(labels.Zip(chances, (label, chance) =>
            new Kind { Class = label, Score = chance, PredictedLabel = (uint)Array.IndexOf(chance, chance.Max()) })));
        figures[0].Should().BeApproximately(0.75, 1e-6);
        figures[1].Should().BeApproximately(-labels.Zip(chances, (label, chance) => Math.Log(chance[label])).Average(), 1e-6);
    }

    /// <summary>ML.NET would judge this one by the other row alone.</summary>
    [TestMethod]
    public void Evaluate_PredictionThatIsNoNumber_IsAnError() =>
        ((Action)(() => Scores.Evaluate(ml, TableTask.Regression, ml.Data.LoadFromEnumerable([new Number { Value = 1, Score = 1 }, new Number { Value = 1, Score = float.NaN }]))))
            .Should().Throw<InvalidOperationException>().WithMessage("1 of 2 predictions*");

    private sealed class Number
    {
        public float Value;
        public float Score;
    }

    private sealed class Side
    {
        public bool IsSecond;
        public float Probability;
        public float Score;
        public bool PredictedLabel;
    }

    private sealed class Kind
    {
        [KeyType(3)] public uint Class;
        [VectorType(3)] public float[] Score = [];
        [KeyType(3)] public uint PredictedLabel;
    }
}
