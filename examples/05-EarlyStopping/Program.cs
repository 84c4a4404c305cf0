// Stop when the validation loss no longer falls, keep the weights of the best epoch, and look at what happened: the history is part
// of the model, as numbers (history.csv) and as a picture of losses and rate over the same steps (history.svg).
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;

// Few noisy rows and a large network: it learns the curve first and then the noise.
var random = new Random(1);
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 200).Select(_ => Row.Draw(random)).ToArray());

var options = new TorchMlpOptions
{
    HiddenLayers = [128, 128],
    Optimizer = Optimizers.AdamW(learningRate: 3e-3),
    Schedule = LrSchedule.Warmup(10.Epochs()).Cosine(to: 0.1),
    NumberOfEpochs = 400,
    BatchSize = 32,
    ValidationFraction = 0.25,
    EarlyStopping = new EarlyStopping { Patience = 40 },
};

TrainingHistory history = ml.Regression.Trainers.TorchMlp(options).Fit(data).Model.History!;

EpochRecord best = history.Epochs[history.BestEpoch], last = history.Epochs[^1];
Console.WriteLine($"planned          {options.NumberOfEpochs} epochs");
Console.WriteLine($"stopped after    {history.Epochs.Length} epochs, training loss {last.TrainingLoss:0.000}, validation loss {last.ValidationLoss:0.000}");
Console.WriteLine($"the model is of  epoch {best.Epoch + 1}, training loss {best.TrainingLoss:0.000}, validation loss {best.ValidationLoss:0.000}");

File.WriteAllText("history.csv", history.ToCsv());
history.WriteSvg("history.svg");
Console.WriteLine("written          history.csv, history.svg");

/// <summary>Ten features, of which the label depends on two, and noise.</summary>
internal sealed record Row([property: VectorType(10)] float[] Features, float Label)
{
    public static Row Draw(Random random)
    {
        float[] x = [.. Enumerable.Range(0, 10).Select(_ => 2 * random.NextSingle() - 1)];
        return new Row(x, MathF.Sin(3 * x[0]) + x[1] + random.NextSingle() - 0.5f);
    }
}
