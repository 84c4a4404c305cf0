using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace Serving;

/// <summary>Four numbers of a house, and in the training data its price.</summary>
internal sealed class House
{
    [VectorType(4)] public float[] Features { get; set; } = [];

    public float Label { get; set; }
}

internal sealed class Price
{
    public float Score { get; set; }
}

/// <summary>Makes the model that is served. A real service gets it from elsewhere.</summary>
internal static class Training
{
    public static void Run(string path)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 2000).Select(_ =>
        {
            float[] x = [.. Enumerable.Range(0, 4).Select(_ => random.NextSingle())];
            return new House { Features = x, Label = 100_000 * (1 + x[0] * x[1] + MathF.Sqrt(x[2]) - x[3] / 2) };
        }).ToArray());
        var pipeline = ml.Transforms.NormalizeMeanVariance("Features").Append(ml.Regression.Trainers.TorchMlp(
            optimizer: Optimizers.AdamW(learningRate: 5e-3), schedule: LrSchedule.Warmup(1.Epochs()).Cosine(), hiddenLayers: [32], numberOfEpochs: 20));
        ITransformer model = pipeline.Fit(data);
        Console.WriteLine($"trained: R squared {ml.Regression.Evaluate(model.Transform(data)).RSquared:0.000}");
        ml.Model.Save(model, data.Schema, path);
    }
}
