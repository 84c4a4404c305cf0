using Microsoft.ML;
using Microsoft.ML.Data;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>The figures by which a task is judged.</summary>
internal static class Scores
{
    /// <summary>Names, and whether more is better.</summary>
    public static (string Name, bool MoreIsBetter)[] Of(TableTask task) => task switch
    {
        TableTask.Regression => [("RMSE", false), ("MAE", false)],
        TableTask.Binary => [("AUC", true), ("log-loss (bits)", false)],
        _ => [("accuracy", true), ("log-loss (nats)", false)],
    };

    public static double[] Evaluate(MLContext ml, TableTask task, IDataView predicted)
    {
        CheckPredictions(predicted);
        switch (task)
        {
            case TableTask.Regression:
                var regression = ml.Regression.Evaluate(predicted, nameof(TableEncoder.Row.Value));
                return [regression.RootMeanSquaredError, regression.MeanAbsoluteError];
            case TableTask.Binary when predicted.Schema.GetColumnOrNull("Probability") is null:
                return [ml.BinaryClassification.EvaluateNonCalibrated(predicted, nameof(TableEncoder.Row.IsSecond)).AreaUnderRocCurve, double.NaN];
            case TableTask.Binary:
                var binary = ml.BinaryClassification.Evaluate(predicted, nameof(TableEncoder.Row.IsSecond));
                return [binary.AreaUnderRocCurve, binary.LogLoss];
            default:
                var classes = ml.MulticlassClassification.Evaluate(predicted, nameof(TableEncoder.Row.Class));
                return [classes.MicroAccuracy, classes.LogLoss];
        }
    }

    /// <summary>ML.NET leaves rows whose prediction is no number out of its figures: who fails on the hard rows would be judged on the others alone.</summary>
    private static void CheckPredictions(IDataView predicted)
    {
        bool isVector = predicted.Schema["Score"].Type is VectorDataViewType;
        int rows = 0;
        int bad = isVector ? predicted.GetColumn<float[]>("Score").Count(scores => IsBad(scores.All(float.IsFinite))) : predicted.GetColumn<float>("Score").Count(score => IsBad(float.IsFinite(score)));
        if (bad > 0) throw new InvalidOperationException($"{bad} of {rows} predictions are no finite numbers");

        bool IsBad(bool isFinite)
        {
            rows++;
            return !isFinite;
        }
    }
}
