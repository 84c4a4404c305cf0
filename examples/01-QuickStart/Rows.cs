using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch;

namespace QuickStart;

/// <summary>A row of matrix-times.csv: the time of a product of an M x K and a K x N matrix.</summary>
internal sealed class MatrixProduct
{
    [LoadColumn(0)]
    public float M { get; set; }

    [LoadColumn(1)]
    public float K { get; set; }

    [LoadColumn(2)]
    public float N { get; set; }

    [LoadColumn(3)]
    public float Threads { get; set; }

    [LoadColumn(4)]
    public float Microseconds { get; set; }
}

/// <summary>What the model says of a product.</summary>
internal sealed class Predicted
{
    [ColumnName("Prediction")]
    public float Microseconds { get; set; }
}

/// <summary>Shows every fifth epoch.</summary>
internal sealed class EpochLines : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress run)
    {
        if ((run.Epoch + 1) % 5 == 0)
            Console.WriteLine($"epoch {run.Epoch + 1,3} of {run.NumberOfEpochs}   rate {run.LearningRate:0.000000}   loss {run.TrainingLoss:0.00000}");
    }
}
