using Microsoft.ML;

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
}
