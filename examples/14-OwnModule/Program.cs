// A TorchSharp module of one's own, with two parts that learn at different rates: the network that this library grew from. It is
// trained, saved, loaded again as a stranger would load it, and predicts the same.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using OwnModule;

const string Name = "two-towers", File = "two-towers.zip";

var ml = new MLContext(seed: 1);
IDataView train = Rows(4000, seed: 1), test = Rows(1000, seed: 2);

var options = new TorchModuleOptions(Name, () => new TwoTowers())
{
    Optimizer = Optimizers.Sgd(learningRate: 1e-2, momentum: 0.9),
    ParameterGroups =
    [
        new ParameterGroup("vision.*") { LearningRate = 1e-2 },
        new ParameterGroup("text.*") { LearningRate = 1e-3 },
    ],
    Schedule = LrSchedule.Warmup(2.Epochs()).Hold(8.Epochs()).Cosine(20.Epochs(), to: 0.01),
    NumberOfEpochs = 30,
    BatchSize = 64,
    ValidationFraction = 0.1,
    EarlyStopping = new EarlyStopping { Patience = 15 },
    Progress = new EpochLines(),
};
// Two columns become one feature vector: vision first, then text, as the module takes them apart.
var pipeline = ml.Transforms.Concatenate("Features", nameof(Row.Vision), nameof(Row.Text)).Append(ml.Regression.Trainers.TorchModule(options));
var model = pipeline.Fit(train);
RegressionMetrics metrics = ml.Regression.Evaluate(model.Transform(test));
Console.WriteLine();
Console.WriteLine($"R squared on rows it has not seen: {metrics.RSquared:0.000}");

ml.Model.Save(model, train.Schema, File);
// In another program, this and nothing else: the file has the weights and the name, the program the code.
TorchModules.Register(Name, () => new TwoTowers());
var engine = new MLContext().Model.CreatePredictionEngine<Row, Prediction>(new MLContext().Model.Load(File, out _));
Row row = ml.Data.CreateEnumerable<Row>(test, reuseRowObject: false).First();
float before = model.Transform(test).GetColumn<float>("Score").First(), after = engine.Predict(row).Score;
Console.WriteLine($"{File} predicts {after:0.0000} for a row whose label is {row.Label:0.0000}; before it was saved, the model predicted {before:0.0000}");
return metrics.RSquared > 0.8 && after == before ? 0 : 1;

// The label depends on what is seen, on what is read, and on both together.
IDataView Rows(int count, int seed)
{
    var random = new Random(seed);
    float[] Values(int size) => [.. Enumerable.Range(0, size).Select(_ => 2 * random.NextSingle() - 1)];
    return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
    {
        float[] vision = Values(TwoTowers.VisionSize), text = Values(TwoTowers.TextSize);
        return new Row { Vision = vision, Text = text, Label = MathF.Max(0, vision[0] + vision[1]) - MathF.Abs(vision[2]) + text[0] - 0.5f * text[1] };
    }).ToArray());
}

internal sealed class Row
{
    [VectorType(TwoTowers.VisionSize)] public float[] Vision { get; set; } = [];

    [VectorType(TwoTowers.TextSize)] public float[] Text { get; set; } = [];

    public float Label { get; set; }
}

internal sealed class Prediction
{
    public float Score { get; set; }
}

internal sealed class EpochLines : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress run)
    {
        if (run.Epoch % 5 == 4) Console.WriteLine($"epoch {run.Epoch + 1,2}   rates {string.Join(", ", run.LearningRates.Select(rate => $"{rate:0.000000}"))}   loss {run.TrainingLoss:0.0000}   validation {run.ValidationLoss:0.0000}");
    }
}
