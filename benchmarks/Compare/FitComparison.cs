using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Whole fits through the ML.NET catalog: against the bare engine loop (W2), and against ML.NET's own linear trainers (W4).</summary>
internal static class FitComparison
{
    /// <summary>What the pipeline around the engine costs, reading the data included.</summary>
    public static Section AgainstBareLoop(Workload workload, int rounds)
    {
        const int Epochs = 10;
        TrainingData data = workload.Data();
        var context = new MLContext(seed: 1);
        IDataView view = TableRow.View(context, data);
        var trainer = context.Regression.Trainers.TorchMlp(new TorchMlpOptions
        {
            Optimizer = workload.Optimizer,
            Schedule = LrSchedule.Constant,
            NumberOfEpochs = Epochs,
            BatchSize = workload.Batch,
            Device = Device.Cpu,
        });
        const string Fit = "mlContext ... Fit", Bare = "bare engine loop";
        int steps = Epochs * ((workload.Rows + workload.Batch - 1) / workload.Batch);
        // From fresh weights each time, as the fit: how many zeros there are to leave out changes while a network learns.
        void Loop()
        {
            using var loop = new EngineLoop(Bare, new CpuEngine(workload.Network(), workload.Loss, data), workload);
            loop.Steps(steps);
        }
        Race race = Race.Run([new Repeat(Fit, () => trainer.Fit(view)), new Repeat(Bare, Loop)], Math.Max(3, rounds / 2), 1);
        return Milliseconds($"{workload.Name}: the whole Fit against the bare loop, {Epochs} epochs of {workload.Rows:N0} rows", race,
            [new Bar("Fit / bare engine loop", race.Ratio(Fit, Bare), 1.05, AtLeast: false)]);
    }

    /// <summary>One pass of a linear model, reading included, and the loss that it reaches.</summary>
    public static Section AgainstLinearTrainers(Workload workload, int rounds)
    {
        TrainingData data = workload.Data();
        var context = new MLContext(seed: 1);
        IDataView view = TableRow.View(context, data);
        var trainers = new (string Name, Func<ITransformer> Fit)[]
        {
            ("TorchLinear, 1 epoch", () => context.Regression.Trainers.TorchLinear(FirstFitComparison.OneEpoch(workload)).Fit(view)),
            ("OnlineGradientDescent, 1 iteration", () => context.Regression.Trainers.OnlineGradientDescent(numberOfIterations: 1).Fit(view)),
            ("Sdca, 3 iterations", () => context.Regression.Trainers.Sdca(maximumNumberOfIterations: 3).Fit(view)),
        };
        Race race = Race.Run([.. trainers.Select(trainer => new Repeat(trainer.Name, () => trainer.Fit()))], rounds, 1);
        double[] losses = [.. trainers.Select(trainer => context.Regression.Evaluate(trainer.Fit().Transform(view)).MeanSquaredError)];
        return Milliseconds($"{workload.Name}: whole fits, {workload.Rows:N0} rows of {workload.Columns}", race,
            [
                new Bar("OnlineGradientDescent / TorchLinear, whole fit", race.Ratio(trainers[1].Name, trainers[0].Name), 2, AtLeast: true),
                new Bar("loss of TorchLinear / loss of OnlineGradientDescent", losses[0] / losses[1], 1.0005, AtLeast: false),
            ],
            "Mean squared error on all rows: " + string.Join(", ", trainers.Zip(losses, (trainer, loss) => $"{trainer.Name} {loss:F5}")) + ".");
    }

    /// <summary>The same rows with the sign of the label to predict: the model that ML.NET fits by L-BFGS.</summary>
    public static Section AgainstLogisticTrainers(Workload workload, int rounds)
    {
        TrainingData data = workload.Data();
        var context = new MLContext(seed: 1);
        IDataView view = ClassRow.View(context, data);
        var trainers = context.BinaryClassification.Trainers;
        var contestants = new (string Name, Func<ITransformer> Fit)[]
        {
            ("TorchLinear, 2 epochs", () => trainers.TorchLinear(new TorchLinearOptions
            {
                Optimizer = Optimizers.AdamW(learningRate: 0.1, weightDecay: 0),
                NumberOfEpochs = 2,
                BatchSize = workload.Batch,
                Device = Device.Cpu,
            }).Fit(view)),
            ("LbfgsLogisticRegression", () => trainers.LbfgsLogisticRegression().Fit(view)),
            ("SdcaLogisticRegression, 3 iterations", () => trainers.SdcaLogisticRegression(maximumNumberOfIterations: 3).Fit(view)),
        };
        Race race = Race.Run([.. contestants.Select(trainer => new Repeat(trainer.Name, () => trainer.Fit()))], Math.Max(3, rounds / 5), 1);
        double[] losses = [.. contestants.Select(trainer => context.BinaryClassification.Evaluate(trainer.Fit().Transform(view)).LogLoss)];
        return Milliseconds($"{workload.Name}: whole logistic fits, {workload.Rows:N0} rows of {workload.Columns}", race, [],
            "Log-loss (bits) on all rows: " + string.Join(", ", contestants.Zip(losses, (trainer, loss) => $"{trainer.Name} {loss:F5}")) + ".");
    }

    private static Section Milliseconds(string title, Race race, IReadOnlyList<Bar> bars, string note = "") =>
        new(title, "ms", [.. race.Laps.Select(lap => (lap.Name, lap.Median / 1000, lap.Best / 1000))], bars, note);
}
