using Microsoft.ML.Calibrators;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>Probabilities for scores that are no log-odds, by ML.NET's own calibrator (Platt 1999).</summary>
internal static class PlattCalibration
{
    public static PlattCalibrator Of(IHost host, FittedNetwork network, TrainingData rows)
    {
        using IChannel channel = host.Start("Calibration");
        var calibration = (ICalibratorTrainer)new PlattCalibratorTrainer(host);
        var scorer = new NetworkScorer(network);
        var score = new float[1];
        for (int row = 0; row < rows.Rows; row++)
        {
            scorer.Score(rows.Features.Span.Slice(row * rows.Columns, rows.Columns), score);
            calibration.ProcessTrainingExample(score[0], rows.Labels.Span[row] > 0, rows.Weights.IsEmpty ? 1 : rows.Weights.Span[row]);
        }
        return (PlattCalibrator)calibration.FinishTraining(channel);
    }
}
