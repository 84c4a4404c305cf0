using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>Every optimizer with its default rate and a warmup-cosine schedule on California housing, as a sanity check of convergence.</summary>
internal sealed class OptimizersOnHousing : Command
{
    private const double Allowed = 1.1;

    public override string Name => "optimizers-on-housing";

    public override string Summary => "RMSE of every optimizer with its defaults against AdamW's: CALIFORNIA-HOUSING.CSV [optimizer ...], each a name or a text such as sgd(0.1, momentum=0.9)";

    public override int Run(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            Console.Error.WriteLine("Name the file california-housing.csv (longitude, ..., median_house_value, ocean_proximity).");
            return 2;
        }
        MLContext context = new(seed: 1);
        (IDataView train, IDataView test) = Read(context, arguments[0]);
        double reference = double.NaN;
        int worse = 0;
        IEnumerable<string> chosen = arguments.Count > 1 ? arguments.Skip(1) : OptimizerSchema.Names.Where(name => name != "adamw");
        Console.WriteLine("| optimizer | batch | epochs | RMSE | of AdamW's |\n|---|---|---|---|---|");
        foreach (string name in chosen.Prepend("adamw"))
        {
            Optimizer optimizer = Optimizer.Parse(name);
            (int? batch, int epochs) = optimizer switch { LBfgs => (20_000, 60), Rprop => (20_000, 600), _ => ((int?)128, 20) };
            string result;
            try
            {
                double error = Train(context, train, test, optimizer, batch, epochs);
                if (name == "adamw") reference = error;
                if (!(error <= Allowed * reference)) worse++;
                result = string.Create(CultureInfo.InvariantCulture, $"{error:F0} | {error / reference:F3}");
            }
            catch (TrainingDivergedException exception)
            {
                worse++;
                result = string.Create(CultureInfo.InvariantCulture, $"diverged at step {exception.Step} | -");
            }
            Console.WriteLine($"| {optimizer} | {batch} | {epochs} | {result} |");
        }
        Console.WriteLine($"{worse} optimizers are more than 10% above AdamW.");
        return 0;
    }

    private static double Train(MLContext context, IDataView train, IDataView test, Optimizer optimizer, int? batch, int epochs)
    {
        var trainer = context.Regression.Trainers.TorchMlp(new TorchMlpOptions
        {
            HiddenLayers = [64, 64], Optimizer = optimizer, Schedule = LrSchedule.Warmup(0.1.OfRun()).Cosine(to: 0.01), BatchSize = batch, NumberOfEpochs = epochs,
        });
        return context.Regression.Evaluate(trainer.Fit(train).Transform(test)).RootMeanSquaredError;
    }

    private static (IDataView Train, IDataView Test) Read(MLContext context, string path)
    {
        TextLoader.Column[] columns = [new("Numbers", DataKind.Single, 0, 7), new("Label", DataKind.Single, 8), new("Ocean", DataKind.String, 9)];
        IDataView rows = context.Data.LoadFromTextFile(path, columns, separatorChar: ',', hasHeader: true);
        DataOperationsCatalog.TrainTestData split = context.Data.TrainTestSplit(rows, 0.2, seed: 1);
        var pipeline = context.Transforms.ReplaceMissingValues("Numbers")
            .Append(context.Transforms.NormalizeMeanVariance("Numbers"))
            .Append(context.Transforms.Categorical.OneHotEncoding("Ocean"))
            .Append(context.Transforms.Concatenate("Features", "Numbers", "Ocean"));
        ITransformer fitted = pipeline.Fit(split.TrainSet);
        return (context.Data.Cache(fitted.Transform(split.TrainSet)), context.Data.Cache(fitted.Transform(split.TestSet)));
    }
}
