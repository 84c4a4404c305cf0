using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>How a model was trained, epoch by epoch. It is saved with the model.</summary>
/// <param name="Groups">Names of the parameter groups, in the order of <see cref="EpochRecord.LearningRates"/>.</param>
/// <param name="Epochs">One record per finished epoch; of a run of more than 2,000 epochs evenly spread ones, the best and the last.</param>
/// <param name="Samples">Records between epochs, at evenly spread steps: at most some hundreds.</param>
public sealed record TrainingHistory(ImmutableArray<string> Groups, ImmutableArray<EpochRecord> Epochs, ImmutableArray<StepRecord> Samples)
{
    /// <summary>The number of the epoch whose weights the model has, from 0; the last one unless early stopping restored another.</summary>
    public int BestEpoch { get; init; } = Epochs.IsEmpty ? -1 : Epochs[^1].Epoch;

    /// <summary>The record of <see cref="BestEpoch"/>; null before any epoch has finished.</summary>
    [JsonIgnore]
    public EpochRecord? Best => Epochs.FirstOrDefault(epoch => epoch.Epoch == BestEpoch);

    /// <summary>
    /// A line per epoch, with a header line: epoch, steps, training loss, validation loss, gradient norm, seconds, rows per second, rate of each group,
    /// then each metric as <c>validation_NAME</c> and <c>training_NAME</c>; empty where it was not measured.
    /// </summary>
    public string ToCsv()
    {
        string[] validated = Names(epoch => epoch.ValidationMetrics), trained = Names(epoch => epoch.TrainingMetrics);
        var text = new StringBuilder("epoch,steps,training_loss,validation_loss,gradient_norm,seconds,rows_per_second");
        foreach (string column in (string[])[.. Groups.Select(group => "rate_" + group), .. validated.Select(name => "validation_" + name), .. trained.Select(name => "training_" + name)])
            text.Append(',').Append(column.AsSpan().ContainsAny(",\"\n") ? $"\"{column.Replace("\"", "\"\"")}\"" : column);
        text.Append('\n');
        foreach (EpochRecord epoch in Epochs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{epoch.Epoch},{epoch.Steps},{epoch.TrainingLoss:r},{epoch.ValidationLoss:r},{epoch.GradientNorm:r},{epoch.Seconds:r},{epoch.RowsPerSecond:r}");
            foreach (double rate in epoch.LearningRates) text.Append(CultureInfo.InvariantCulture, $",{rate:r}");
            Append(validated, epoch.ValidationMetrics);
            Append(trained, epoch.TrainingMetrics);
            text.Append('\n');
        }
        return text.ToString();

        void Append(string[] names, ImmutableSortedDictionary<string, double> values)
        {
            foreach (string name in names)
                text.Append(CultureInfo.InvariantCulture, $",{(values.TryGetValue(name, out double value) ? value.ToString("r", CultureInfo.InvariantCulture) : "")}");
        }
    }

    private string[] Names(Func<EpochRecord, ImmutableSortedDictionary<string, double>> metrics) =>
        [.. Epochs.SelectMany(epoch => metrics(epoch).Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>UTF-8 JSON, as saved in a model.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Format);

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="ToJson"/> writes.</exception>
    internal static TrainingHistory FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingHistory>(json, Format) ?? throw new InvalidDataException("A training history must be a JSON object but was null.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"A training history must be JSON but was damaged: {error.Message}", error);
        }
    }

    private static readonly JsonSerializerOptions Format = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectRequiredConstructorParameters = true,
    };
}

/// <summary>One epoch.</summary>
/// <param name="Epoch">Its number, from 0.</param>
/// <param name="Steps">Steps taken since the start of the run.</param>
/// <param name="TrainingLoss">Mean loss of the epoch's batches, each measured before its own update.</param>
/// <param name="ValidationLoss">Loss on the validation rows after the epoch; NaN without them.</param>
/// <param name="LearningRates">The rate of each group at the epoch's last step.</param>
/// <param name="GradientNorm">Euclidean norm of the last step's gradient, before clipping.</param>
/// <param name="Seconds">Time since the start of the run.</param>
/// <param name="RowsPerSecond">Training rows per second in this epoch, validation not counted.</param>
public sealed record EpochRecord(
    int Epoch, long Steps, double TrainingLoss, double ValidationLoss, ImmutableArray<double> LearningRates, double GradientNorm, double Seconds, double RowsPerSecond)
{
    /// <summary>
    /// Metrics on the validation rows by name, such as <c>RootMeanSquaredError</c> or <c>Accuracy</c>, equal to those of ML.NET's <c>Evaluate</c>, and what
    /// callbacks reported; empty without either.
    /// </summary>
    public ImmutableSortedDictionary<string, double> ValidationMetrics { get; init => field = value.WithComparers(StringComparer.Ordinal); } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    /// <summary>The same metrics on the training rows, after the epoch; empty where the trainer was not asked for them.</summary>
    public ImmutableSortedDictionary<string, double> TrainingMetrics { get; init => field = value.WithComparers(StringComparer.Ordinal); } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);
}

/// <summary>One step.</summary>
/// <param name="Step">Its number, from 0.</param>
/// <param name="Loss">The loss of its batch, before the update.</param>
/// <param name="LearningRates">The rate of each group.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient, before clipping.</param>
public sealed record StepRecord(long Step, double Loss, ImmutableArray<double> LearningRates, double GradientNorm);
