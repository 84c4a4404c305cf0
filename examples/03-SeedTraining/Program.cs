// The training script that this library started from: 100 random rows, 10 features, Linear(10, 1), batches of 10,
// Adam at 0.01, 10 epochs of which 5 warm up. Each way of setting the rate is one line; the loop around it is the trainer's.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using static Microsoft.ML.LrSchedules.LrSchedule.Like;

const int Rows = 100, Epochs = 10, WarmupEpochs = 5;

var random = new Random(1);
Row[] rows = [.. Enumerable.Range(0, Rows).Select(_ => new Row(random))];
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(rows);

Train("polynomial decay, per batch, after a warmup per batch", new TorchLinearOptions
{
    Optimizer = Optimizers.Adam(learningRate: 0.01),
    Schedule = Seed.DecayLrPoly(Epochs, WarmupEpochs),
    BatchSize = 10,
});

Train("gradual warmup, once per epoch (the first epoch has the rate 0 and learns nothing)", new TorchLinearOptions
{
    Optimizer = Optimizers.Adam(learningRate: 0.01),
    Schedule = Seed.GradualWarmupScheduler(WarmupEpochs),
    BatchSize = 10,
});

// Two parts of a network that learn at different rates, like the vision and the text part of a larger one. They share the shape
// of the schedule, each below its own peak.
Train("two parameter groups: first layer at 0.01, output at 0.001", new TorchMlpOptions
{
    HiddenLayers = [16],
    Optimizer = Optimizers.Sgd(learningRate: 1e-2, momentum: 0.9),
    ParameterGroups = [new ParameterGroup("layers.*") { LearningRate = 1e-2 }, new ParameterGroup("output.*") { LearningRate = 1e-3 }],
    Schedule = Seed.DecayLrPoly(Epochs, WarmupEpochs),
    BatchSize = 10,
});

// Full-batch, stochastic and mini-batch gradient descent are the same trainer with another batch size.
foreach ((string name, int batchSize) in new[] { ("full batch", Rows), ("stochastic", 1), ("mini-batch", 10) })
    Train($"{name} gradient descent: batches of {batchSize}", new TorchLinearOptions { Optimizer = Optimizers.Sgd(learningRate: 0.02), Schedule = LrSchedule.Constant, BatchSize = batchSize });

void Train(string title, TrainingOptions options)
{
    options.NumberOfEpochs = Epochs;
    options.Progress = new EpochLines();
    Console.WriteLine(title);
    _ = options is TorchLinearOptions linear ? ml.Regression.Trainers.TorchLinear(linear).Fit(data) : ml.Regression.Trainers.TorchMlp((TorchMlpOptions)options).Fit(data);
    Console.WriteLine();
}

/// <summary>Random features, and a label that depends on them.</summary>
internal sealed class Row
{
    public Row(Random random)
    {
        Features = [.. Enumerable.Range(0, 10).Select(_ => random.NextSingle())];
        Label = Features.Select((value, i) => value * i / 10).Sum() + random.NextSingle();
    }

    [VectorType(10)]
    public float[] Features { get; }

    public float Label { get; }
}

internal sealed class EpochLines : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress run) =>
        Console.WriteLine($"  epoch {run.Epoch + 1,2}   rate {string.Join(" and ", run.LearningRates.Select(rate => $"{rate:0.000000}"))}   loss {run.TrainingLoss:0.0000}");
}
