// A network learns a task with many rows; then it goes on with a related task of which there are few. Its hidden layers are frozen
// at first, so that the new output does not spoil them, and join later at a lower rate: each parameter group has a schedule of its own.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

const int Epochs = 60, Frozen = 20;

var ml = new MLContext(seed: 1);
IDataView many = Rows(5000, seed: 1, Task.Old), few = Rows(40, seed: 2, Task.New), test = Rows(2000, seed: 3, Task.New);

var pretraining = new TorchMlpOptions { HiddenLayers = [64, 32], Optimizer = Optimizers.AdamW(learningRate: 3e-3), NumberOfEpochs = 40 };
var pretrained = ml.Regression.Trainers.TorchMlp(pretraining).Fit(many);

var options = new TorchMlpOptions
{
    HiddenLayers = pretraining.HiddenLayers,
    Optimizer = Optimizers.AdamW(learningRate: 3e-3),
    Schedule = LrSchedule.Warmup(2.Epochs()).Cosine(),
    NumberOfEpochs = Epochs,
    BatchSize = 8,
};
double fromScratch = Error(ml.Regression.Trainers.TorchMlp(options).Fit(few));
double allAtOnce = Error(ml.Regression.Trainers.TorchMlp(options).Fit(few, pretrained.Model));

// Factor 0 for 20 epochs: not trained. Then a warmup to a tenth of the output's rate.
options.ParameterGroups =
[
    new ParameterGroup("layers.*") { LearningRateMultiplier = 0.1, Schedule = LrSchedule.Hold(Frozen.Epochs(), at: 0).Then(LrSchedule.Warmup(5.Epochs()).Cosine()) },
];
options.Progress = new EpochLines();
double inTwoStages = Error(ml.Regression.Trainers.TorchMlp(options).Fit(few, pretrained.Model));

Console.WriteLine();
Console.WriteLine("error on the new task (root mean square; 40 rows to learn from)");
Console.WriteLine($"  the old network as it is       {Error(pretrained):0.000}");
Console.WriteLine($"  a new network                  {fromScratch:0.000}");
Console.WriteLine($"  the old one, all layers        {allAtOnce:0.000}");
Console.WriteLine($"  the old one, output first      {inTwoStages:0.000}");
return inTwoStages < fromScratch ? 0 : 1;

double Error(ITransformer model) => ml.Regression.Evaluate(model.Transform(test)).RootMeanSquaredError;

// Both tasks depend on the same three combinations of the ten features, each in its own way.
IDataView Rows(int count, int seed, Task task)
{
    var random = new Random(seed);
    return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
    {
        float[] x = [.. Enumerable.Range(0, 10).Select(_ => 2 * random.NextSingle() - 1)];
        float a = x[0] * x[1], b = MathF.Sin(3 * x[2] + x[3]), c = MathF.Max(0, x[4] - x[5]);
        return new Row(x, task == Task.Old ? a + b + c : 2 * a + b - c);
    }).ToArray());
}

internal enum Task { Old, New }

internal sealed record Row([property: VectorType(10)] float[] Features, float Label);

internal sealed class EpochLines : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress run)
    {
        if (run.Epoch % 10 == 9) Console.WriteLine($"epoch {run.Epoch + 1,2}   rate of layers {run.LearningRates[0]:0.00000}   of output {run.LearningRates[1]:0.00000}   loss {run.TrainingLoss:0.0000}");
    }
}
