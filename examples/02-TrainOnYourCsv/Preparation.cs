using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace TrainOnYourCsv;

/// <summary>Turns the columns of a file into one vector of features, by ML.NET's own transforms.</summary>
internal sealed class Preparation
{
    // One column per text up to here; beyond, texts share columns.
    private const int MostTexts = 1_000, HashBits = 10;

    private readonly LearningTask task;

    /// <exception cref="UserError">A column is unknown or unusable, or none is left.</exception>
    public Preparation(CsvFile file, LearningTask task, IReadOnlyList<string> ignore)
    {
        this.task = task;
        task.Check(file);
        CsvColumn[] ignored = [.. ignore.Select(name => file[name])];
        if (ignore.Contains(task.Label)) throw new UserError($"--ignore must not name the label '{task.Label}'.");
        CsvColumn[] features = [.. file.Columns.Except(ignored).Where(column => column.Name != task.Label && !column.IsEmpty)];
        if (features.Length == 0) throw new UserError($"{file.Name} must have a feature beside the label '{task.Label}' but no column is left.");
        foreach (CsvColumn column in features) column.MustBeConsistent(file.Name);
        Numbers = [.. features.Where(column => column.IsNumber)];
        Texts = [.. features.Where(column => !column.IsNumber)];
    }

    public IReadOnlyList<CsvColumn> Numbers { get; }

    public IReadOnlyList<CsvColumn> Texts { get; }

    /// <summary>The features and the label of a file that has these columns, wherever they stand in it.</summary>
    /// <exception cref="UserError">A column is missing or holds a text among its numbers.</exception>
    public IDataView Load(CsvFile file)
    {
        foreach (CsvColumn column in Numbers) file[column.Name].MustBeNumbers(file.Name, "as in the training rows");
        return file.Load(
        [
            .. Numbers.Select(column => (file[column.Name], true)),
            .. Texts.Select(column => (file[column.Name], false)),
            (file[task.Label], task is RegressionTask),
        ]);
    }

    /// <summary>Numbers: missing values replaced by the mean, then mean 0 and variance 1. Texts: a 0 or 1 for each value.</summary>
    public IEstimator<ITransformer> Features(MLContext ml)
    {
        var steps = new EstimatorChain<ITransformer>();
        var parts = new List<string>();
        if (Numbers.Count > 0)
        {
            steps = steps
                .Append<ITransformer>(ml.Transforms.Concatenate("Numbers*", [.. Numbers.Select(column => column.Name)]))
                .Append<ITransformer>(ml.Transforms.ReplaceMissingValues("Numbers*", replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean))
                .Append<ITransformer>(ml.Transforms.NormalizeMeanVariance("Numbers*", fixZero: false));
            parts.Add("Numbers*");
        }
        foreach (CsvColumn column in Texts)
        {
            string name = $"{column.Name}*";
            steps = column.Values.Count <= MostTexts
                ? steps.Append<ITransformer>(ml.Transforms.Categorical.OneHotEncoding(name, column.Name))
                : steps.Append<ITransformer>(ml.Transforms.Categorical.OneHotHashEncoding(name, column.Name, numberOfBits: HashBits));
            parts.Add(name);
        }
        return steps.Append<ITransformer>(ml.Transforms.Concatenate(LearningTask.Features, [.. parts]));
    }
}
