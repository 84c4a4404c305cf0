// Not one number but a range: the 5 %, 50 % and 95 % quantiles of a label whose spread depends on the features, by one network. An
// interval that is honest holds the share of the rows that it promises, on rows that it has not seen, and everywhere.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

var random = new Random(1);
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8000).Select(_ => Delivery.Draw(random)).ToArray());
DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(data, testFraction: 0.25, seed: 1);

var pipeline = ml.Transforms.Concatenate("Features", nameof(Delivery.Kilometres), nameof(Delivery.RushHour))
    .Append(ml.Transforms.NormalizeMeanVariance("Features"))
    .Append(ml.Regression.Trainers.TorchMlpVector(new TorchMlpOptions
    {
        LabelColumnName = nameof(Delivery.Minutes),
        Loss = new QuantileLoss(0.05, 0.5, 0.95),
        HiddenLayers = [32],
        Optimizer = Optimizers.AdamW(learningRate: 5e-3),
        Schedule = LrSchedule.Warmup(1.Epochs()).Cosine(),
        NumberOfEpochs = 40,
    }));

IDataView predicted = pipeline.Fit(split.TrainSet).Transform(split.TestSet);
Forecast[] forecasts = [.. ml.Data.CreateEnumerable<Forecast>(predicted, reuseRowObject: false)];

Console.WriteLine("                     promised   all   below 10 km   rush hour");
Console.WriteLine($"inside the interval       90 %   {Inside(_ => true):0} %          {Inside(row => row.Kilometres < 10):0} %        {Inside(row => row.RushHour > 0):0} %");
Console.WriteLine($"below the median          50 %   {Share(forecasts, row => row.Minutes < row.Score[1]):0} %");
Console.WriteLine($"crossed quantiles          0     {forecasts.Count(row => row.Score[0] > row.Score[1] || row.Score[1] > row.Score[2])}");
Console.WriteLine();
Console.WriteLine("some of them: kilometres, rush hour -> minutes");
foreach (Forecast row in forecasts.Take(5))
    Console.WriteLine($"  {row.Kilometres,5:0.0}  {(row.RushHour > 0 ? "yes" : "no "),3} -> {row.Score[1],5:0.0}   between {row.Score[0],5:0.0} and {row.Score[2],5:0.0}   was {row.Minutes,5:0.0}");

double Inside(Func<Forecast, bool> which) => Share([.. forecasts.Where(which)], row => row.Minutes >= row.Score[0] && row.Minutes <= row.Score[2]);

static double Share(Forecast[] rows, Func<Forecast, bool> condition) => 100.0 * rows.Count(condition) / rows.Length;

/// <summary>A delivery: the longer the way and the fuller the streets, the less certain the time.</summary>
internal class Delivery
{
    public float Kilometres { get; set; }

    public float RushHour { get; set; }

    public float Minutes { get; set; }

    public static Delivery Draw(Random random)
    {
        float way = 1 + 29 * random.NextSingle(), rush = random.Next(3) == 0 ? 1 : 0;
        float delay = -MathF.Log(1 - random.NextSingle()) * way * (0.2f + 0.5f * rush);
        return new Delivery { Kilometres = way, RushHour = rush, Minutes = 5 + 1.5f * way + delay };
    }
}

internal sealed class Forecast : Delivery
{
    [VectorType(3)] public float[] Score { get; set; } = [];
}
