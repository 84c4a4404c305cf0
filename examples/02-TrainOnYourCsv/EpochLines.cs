using System.Globalization;
using Microsoft.ML.Trainers.Torch;

namespace TrainOnYourCsv;

/// <summary>Prints about ten lines per run.</summary>
internal sealed class EpochLines(TextWriter output) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        int epoch = value.Epoch + 1;
        if (epoch == 1 || epoch % Math.Max(1, value.NumberOfEpochs / 10) == 0 || epoch == value.NumberOfEpochs)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"epoch {epoch,4} of {value.NumberOfEpochs}   rate {value.LearningRate:0.000000}   loss {value.TrainingLoss:0.00000}   {value.Elapsed.TotalSeconds,6:0.0} s"));
    }
}
