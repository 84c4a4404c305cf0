// How long will a matrix product take? A network learns it from 5,000 measured products (README.md beside this file).
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using QuickStart;

const int Epochs = 60, BatchSize = 32;
const double PeakRate = 3e-3;
var ml = new MLContext(seed: 1);

// Load the measurements and keep a fifth of them to test on.
string csv = Path.Combine(AppContext.BaseDirectory, "matrix-times.csv");
IDataView measurements = ml.Data.LoadFromTextFile<MatrixProduct>(csv, separatorChar: ',', hasHeader: true);
var split = ml.Data.TrainTestSplit(measurements, testFraction: 0.2, seed: 1);

// Times range from 0.1 microseconds to 14 milliseconds: a network learns their logarithms, from those of the sizes.
var features = ml.Transforms.Concatenate("Features", "M", "K", "N", "Threads")
    .Append(ml.Transforms.Expression("Features", "size => log(size)", "Features"))
    .Append(ml.Transforms.NormalizeMeanVariance("Features", fixZero: false))
    .Append(ml.Transforms.Expression("Label", "time => log(time)", "Microseconds"));

// The learning rate warms up over 5 epochs, holds for 25, then falls along a cosine to a hundredth of its peak.
LrSchedule schedule = LrSchedule.Warmup(5.Epochs()).Hold(25.Epochs()).Cosine(TrainingSpan.Rest, to: 0.01);
var torchMlp = ml.Regression.Trainers.TorchMlp(new TorchMlpOptions
{
    HiddenLayers = [64, 64],
    Optimizer = Optimizers.AdamW(learningRate: PeakRate, weightDecay: 0.01),
    Schedule = schedule,
    NumberOfEpochs = Epochs,
    BatchSize = BatchSize,
    Progress = new EpochLines(),
});

// Train it, and two of ML.NET's own trainers on the same rows.
Console.WriteLine("TorchMlp learns:");
ITransformer model = features.Append(torchMlp).Append(ml.Transforms.Expression("Prediction", "score => exp(score)", "Score")).Fit(split.TrainSet);
ITransformer sdca = features.Append(ml.Regression.Trainers.Sdca()).Fit(split.TrainSet);
ITransformer gradientDescent = features.Append(ml.Regression.Trainers.OnlineGradientDescent()).Fit(split.TrainSet);

Console.WriteLine();
Console.WriteLine("on the test rows           R squared   typical error");
Compare("TorchMlp", model);
Compare("Sdca", sdca);
Compare("OnlineGradientDescent", gradientDescent);

void Compare(string name, ITransformer trained)
{
    RegressionMetrics metrics = ml.Regression.Evaluate(trained.Transform(split.TestSet));
    Console.WriteLine($"{name,-25} {metrics.RSquared,10:0.0000} {Math.Exp(metrics.MeanAbsoluteError) - 1,15:P1}");
}

// Draw the rates of the run, save the model, and load it as another program would.
var plan = new TrainingPlan(rows: split.TrainSet.GetColumn<float>("M").Count(), BatchSize, Epochs);
File.WriteAllText("rates.svg", new ScheduleChart(plan, "Learning rate").With("warmup, hold, cosine", schedule, PeakRate).ToSvg());
ml.Model.Save(model, measurements.Schema, "model.zip");
ITransformer loaded = new MLContext().Model.Load("model.zip", out _);

Console.WriteLine();
Console.WriteLine("the loaded model predicts:");
var predictor = ml.Model.CreatePredictionEngine<MatrixProduct, Predicted>(loaded);
foreach (MatrixProduct product in ml.Data.CreateEnumerable<MatrixProduct>(split.TestSet, reuseRowObject: false).Take(5))
    Console.WriteLine($"{product.M,4} x {product.K,3} x {product.N,3}, threads {product.Threads}: {predictor.Predict(product).Microseconds,10:N1} microseconds, measured {product.Microseconds,10:N1}");
