using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Serialization;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Writes the checkpoints of a run, and says whether a run may go on from one: what must be the same is a text in it.</summary>
internal sealed class RunCheckpoints : IDisposable
{
    private readonly CheckpointFolder? folder;
    private readonly Lazy<IReadOnlyList<KeyValuePair<string, string>>> run;

    public RunCheckpoints(CheckpointOptions? options, long startStep, Func<IReadOnlyList<KeyValuePair<string, string>>> describe)
    {
        folder = options is null ? null : CheckpointFolder.Open(options, startStep);
        run = new(describe);
    }

    public void SaveIfDue(long step, int? completedEpochs, double score, Action<Checkpoint.Builder> save)
    {
        if (folder is null || !folder.IsDue(step, completedEpochs)) return;
        var checkpoint = new Checkpoint.Builder();
        foreach ((string what, string text) in run.Value) checkpoint.Add(what, text);
        save(checkpoint);
        folder.Save(checkpoint.Build(step, completedEpochs is null || !double.IsFinite(score) ? null : score));
    }

    public void Dispose() => folder?.Dispose();

    /// <summary>The run as texts, in the order in which differences are reported.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Describe(
        Network network, Loss loss, TrainingData train, TrainingData? validation, TrainingOptions options, TrainingPlan plan, LrSchedule schedule, ulong seed) =>
    [
        new("data", Fingerprint(train)),
        new("validation data", validation is null ? "none" : Fingerprint(validation)),
        new("network", NetworkJson.Write(network)),
        new("loss", Text(loss)),
        new("precision", options.MatrixPrecision.ToString()),
        new("optimizer", Text(options.Optimizer)),
        new("parameter groups", string.Join("; ", options.ParameterGroups.Select(group => Text(group)))),
        new("gradient clipping", Text(options.GradientClipping)),
        new("dropout schedule", options.DropoutSchedule?.ToString() ?? "none"),
        new("early stopping", Text(options.EarlyStopping)),
        new("plateau", Text(options.Plateau)),
        new("batches", string.Create(CultureInfo.InvariantCulture, $"{plan.BatchSize} rows x {plan.GradientAccumulation}, last {plan.LastBatch}, {(options.Shuffle ? "shuffled" : "in order")}, seed {seed}")),
        new(ScheduleName, schedule.ToString()),
        new(EpochsName, plan.Epochs.ToString("R", CultureInfo.InvariantCulture)),
    ];

    private const string ScheduleName = "schedule";
    private const string EpochsName = "epochs";

    /// <summary>Refuses a checkpoint of another run.</summary>
    /// <exception cref="CheckpointMismatchException">Something differs: the first difference is named.</exception>
    public static void RequireSameRun(Checkpoint checkpoint, IReadOnlyList<KeyValuePair<string, string>> run, ResumeMode mode, TrainingPlan plan, LrSchedule schedule)
    {
        CheckpointComparison.RequireSameRun(checkpoint, mode == ResumeMode.SameRun ? run : run.Where(part => part.Key is not (ScheduleName or EpochsName)));
        if (mode == ResumeMode.SameRates) RequireSameRates(checkpoint, plan, schedule);
    }

    /// <summary>The run of a checkpoint up to there, then a decay to the end.</summary>
    /// <param name="checkpoint">Where the branch leaves.</param>
    /// <param name="like">Rows and batches of the run.</param>
    /// <param name="decay">The branch.</param>
    public static (LrSchedule Schedule, TrainingPlan Plan) Branch(Checkpoint? checkpoint, TrainingPlan like, LrSchedule decay)
    {
        if (checkpoint is null) throw new InvalidOperationException("ResumeWithDecay must have a checkpoint to branch off but ResumeFrom is null. Name a checkpoint of the stable phase.");
        (LrSchedule schedule, TrainingPlan plan) = ScheduleOf(checkpoint, like);
        double steps = checkpoint.Step + decay.Bind(plan).LengthInSteps;
        return (schedule.ForkDecay(plan, checkpoint.Step, decay), WithEpochs(like, steps / like.StepsPerEpoch));
    }

    private static (LrSchedule Schedule, TrainingPlan Plan) ScheduleOf(Checkpoint checkpoint, TrainingPlan like) =>
        (LrSchedule.Parse(checkpoint.Text(ScheduleName)), WithEpochs(like, checkpoint.Number(EpochsName)));

    private static TrainingPlan WithEpochs(TrainingPlan like, double epochs) =>
        new(like.Rows!.Value, like.BatchSize!.Value, epochs, like.GradientAccumulation, like.LastBatch);

    // A branch is the run it would have been from the start only if every step so far had the rate that the branch gives it.
    private static void RequireSameRates(Checkpoint checkpoint, TrainingPlan plan, LrSchedule schedule)
    {
        (LrSchedule savedSchedule, TrainingPlan savedPlan) = ScheduleOf(checkpoint, plan);
        BoundSchedule saved = savedSchedule.Bind(savedPlan), now = schedule.Bind(plan);
        for (long step = 0; step < checkpoint.Step; step++)
            if (saved.FactorAt(step) != now.FactorAt(step))
                throw new CheckpointMismatchException(ScheduleName, string.Create(CultureInfo.InvariantCulture,
                    $"Every step up to {checkpoint.Step} must have the rate it had when the checkpoint was written but step {step} had the factor {saved.FactorAt(step):g6} and would have {now.FactorAt(step):g6}. Resume before the decay, from a checkpoint of the stable phase."));
    }

    private static string Text(object? value)
    {
        CultureInfo culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            return value?.ToString() ?? "none";
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static string Fingerprint(TrainingData data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<float>(data.Features.Span));
        hash.AppendData(MemoryMarshal.AsBytes<float>(data.Labels.Span));
        hash.AppendData(MemoryMarshal.AsBytes<float>(data.Weights.Span));
        return $"{data.Rows} rows x {data.Columns} features, {data.LabelColumns} label columns, SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
