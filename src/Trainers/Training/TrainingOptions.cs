using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// What all trainers of this library can be told: columns, optimizer, schedule, length of the run, and what happens on the way.
/// Each property checks its value when it is set. A trainer copies its options: later changes have no effect on it.
/// </summary>
public abstract class TrainingOptions
{
    private static readonly Optimizer Usual = Optimizers.AdamW(learningRate: 1e-3, weightDecay: 0.01);
    private static readonly LrSchedule UsualSchedule = LrSchedule.Warmup(0.05.OfRun()).Cosine(TrainingSpan.Rest);

    private protected TrainingOptions() { }

    // What was set rather than left at its default: a recipe may have other defaults.
    internal Optimizer? GivenOptimizer { get; private set; }

    internal LrSchedule? GivenSchedule { get; private set; }

    /// <summary>
    /// The label. Regression: Single, or a known-sized vector of Single for several targets; binary: Boolean; multiclass: a key.
    /// Default <c>Label</c>.
    /// </summary>
    public string LabelColumnName { get; set => field = Require.NotEmpty(value, "Name the column to predict."); } = "Label";

    /// <summary>The features: a known-sized vector of Single. Default <c>Features</c>.</summary>
    public string FeatureColumnName { get; set => field = Require.NotEmpty(value, "Name the column of the feature vector."); } = "Features";

    /// <summary>How much each row counts: Single, at least 0. Default null: all rows count alike.</summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>The optimizer with its peak learning rate. Default AdamW at 1e-3 with weight decay 0.01.</summary>
    public Optimizer Optimizer { get => GivenOptimizer ?? Usual; set => GivenOptimizer = Require.NotNull(value, "Take one from Optimizers."); }

    /// <summary>
    /// If given, a range test is run before the fit, and the rate at <see cref="RangeTestResult.Valley"/> takes the place of the optimizer's
    /// (parameter groups with rates of their own keep theirs). <c>TorchTabular</c> runs it once, on the network of its first member. Default null: the optimizer's rate is used.
    /// </summary>
    public RangeTest? AutoLearningRate { get; set; }

    /// <summary>
    /// The factor of the peak rate at each step. Default: a linear warmup over 5 % of the run, then a cosine to 0.
    /// </summary>
    public LrSchedule Schedule { get => GivenSchedule ?? UsualSchedule; set => GivenSchedule = Require.NotNull(value, "Use LrSchedule.Constant for a rate that does not change."); }

    /// <summary>
    /// Parameters with their own rate, weight decay or schedule, by patterns of their names such as <c>layers.0.*</c> or
    /// <c>*.bias</c>; later patterns win. Default empty: one group.
    /// </summary>
    public IReadOnlyList<ParameterGroup> ParameterGroups { get; set => field = Require.NotNull(value, "Use an empty list for one group."); } = [];

    /// <summary>What is done to the gradients of a step before the optimizer sees them: clipping and centralisation. Default null: nothing.</summary>
    public GradientClipping? GradientClipping { get; set; }

    /// <summary>
    /// The factor of the dropout layers' rates at each step, usually from 0 to 1. A step in which it brings a rate to 1 or above is an error. Default null: they
    /// stay as they are.
    /// </summary>
    public LrSchedule? DropoutSchedule { get; set; }

    /// <summary>What is minimised. Default null: squared error, logistic loss or softmax cross-entropy, as the task is.</summary>
    public Loss? Loss { get; set; }

    /// <summary>How much the rows of each class count, for classification. Default null: all alike.</summary>
    public ClassWeights? ClassWeights { get; set; }

    /// <summary>
    /// Passes over the training rows, above 0; the last may be a part of one. Default null: as many as make 2,000 steps, but at least
    /// 20 and at most 200, so that a small table is learned and a large one does not take for ever.
    /// </summary>
    public double? NumberOfEpochs { get; set => field = value is { } epochs ? Require.Positive(epochs, "A run has at least a part of a pass over the rows.") : null; }

    /// <summary>
    /// Rows per batch, at least 1. 1 is stochastic gradient descent; the number of rows, or anything above, is full-batch gradient descent.
    /// Default null: the power of two nearest to a 128th of the rows, but at least 16 and at most 256.
    /// </summary>
    public int? BatchSize { get; set => field = value is { } rows ? Require.AtLeast(1, rows, "A batch has at least one row.") : null; }

    /// <summary>Batches whose gradients are added up for one step, at least 1. Default 1.</summary>
    public int GradientAccumulation { get; set => field = Require.AtLeast(1, value, "A step takes at least one batch."); } = 1;

    /// <summary>Whether each epoch sees the rows in an order of its own. Default true.</summary>
    public bool Shuffle { get; set; } = true;

    /// <summary>Whether the rows that do not fill a batch are trained. Default: they are, as a smaller batch.</summary>
    public LastBatch LastBatch { get; set => field = Enum.IsDefined(value) ? value : throw Require.Error(nameof(LastBatch), "Keep or Drop", value, "Use LastBatch.Keep."); }

    /// <summary>
    /// The part of the rows that is held out to watch the loss, at least 0 and below 1. Default 0: none.
    /// Rows given to <c>Fit(train, validation)</c> take its place.
    /// </summary>
    public double ValidationFraction { get; set => field = Require.Fraction(value, "0.1 holds out a tenth of the rows."); }

    /// <summary>
    /// Whether the metrics are measured on the training rows too, after each epoch, in the same way as on the validation rows. It costs a pass of
    /// scoring over them, about a quarter of the time of an epoch with two hidden layers of 128 units and several times that of an epoch of a linear
    /// model, and changes nothing else. Default false.
    /// </summary>
    public bool TrainingMetrics { get; set; }

    /// <summary>When to stop before the end, and whether to go back to the best epoch. Needs validation rows. Default null: never.</summary>
    public EarlyStopping? EarlyStopping { get; set; }

    /// <summary>Lowers the rate when the validation loss (without validation rows: the training loss) stops falling. It multiplies the schedule. Default null.</summary>
    public ReduceOnPlateau? Plateau { get; set; }

    /// <summary>Ends the run after the first epoch that ends later than this. Default null: never.</summary>
    public TimeSpan? MaximumTime { get; set => field = value is null || value > TimeSpan.Zero ? value : throw Require.Error(nameof(MaximumTime), "above zero", value, "Use null for no limit."); }

    /// <summary>
    /// Asked after each epoch, after <see cref="Progress"/>; true ends the run there. One call at a time: <c>TorchTabular</c> calls from the threads of its members,
    /// and true ends the run of the member that asked. Default null: never asked.
    /// </summary>
    public Func<TrainingProgress, bool>? StopWhen { get; set; }

    /// <summary>Where and when checkpoints are written. Default null: none.</summary>
    public CheckpointOptions? Checkpoints { get; set; }

    /// <summary>
    /// A checkpoint file, or a folder of which the newest whole checkpoint is taken, to go on from. The run must be the one that wrote
    /// it (see <see cref="ResumeMode"/>), so set <see cref="Seed"/>; its end is the same bits as without the interruption. Default null: start anew.
    /// </summary>
    public string? ResumeFrom { get; set; }

    /// <summary>What may differ from the run of the checkpoint. Default <see cref="ResumeMode.SameRun"/>.</summary>
    public ResumeMode ResumeMode { get; set; }

    /// <summary>
    /// A decay that branches off the checkpoint of <see cref="ResumeFrom"/>: the schedule is the saved one up to there and then this, and
    /// the run ends with it, whatever <see cref="Schedule"/> and <see cref="NumberOfEpochs"/> say. Warmup-stable-decay as it was meant:
    /// one stable phase, any number of branches (Hu et al. 2024, arXiv:2404.06395). Default null: no branch.
    /// </summary>
    public LrSchedule? ResumeWithDecay { get; set; }

    /// <summary>Fixes everything random. Default null: drawn once from the context's seed when the trainer is made.</summary>
    public int? Seed { get; set; }

    /// <summary>Where to compute. Default: as the context's GpuDeviceId and FallbackToCpu say, which without them is the CPU.</summary>
    public Device Device { get; set; } = Device.Auto;

    /// <summary>
    /// Processor threads of one fit, at least 1. Default null: as many as pay for the size of a step; where libtorch computes, its own
    /// choice. Results depend on the number of threads, never on their timing.
    /// </summary>
    public int? NumberOfThreads { get; set => field = value is { } threads ? Require.AtLeast(1, threads, "Use null to let the trainer choose.") : null; }

    /// <summary>How precisely libtorch multiplies matrices in training: single precision, TF32 or bf16. Default single.</summary>
    public MatrixPrecision MatrixPrecision { get; set => field = Require.Defined(value); }

    /// <summary>Told at the end of each epoch, one call at a time; <c>TorchTabular</c> calls from the threads of its members. Default null.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Cancels the fit within one step, with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Refuses options that contradict each other; each by itself was checked when it was set.</summary>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    internal virtual void Check() { }

    /// <summary>The network for rows of so many features.</summary>
    internal abstract Network BuildNetwork(int inputs, int outputs);

    /// <summary>How long the run over so many rows is. What the options leave open follows from the number of rows.</summary>
    internal TrainingPlan PlanFor(int rows)
    {
        // A batch larger than the data is the data: full-batch gradient descent.
        int batchSize = Math.Min(BatchSize ?? (int)Math.Clamp(Math.Pow(2, Math.Round(Math.Log2(rows / 128.0))), 16, 256), rows);
        long stepsPerEpoch = new TrainingPlan(rows, batchSize, epochs: 1, GradientAccumulation, LastBatch).StepsPerEpoch;
        return new TrainingPlan(rows, batchSize, NumberOfEpochs ?? Math.Clamp(Math.Ceiling(2000.0 / stepsPerEpoch), 20, 200), GradientAccumulation, LastBatch);
    }

    /// <summary>The same steps without what happens at the end of epochs.</summary>
    internal TrainingOptions ForRangeTest()
    {
        TrainingOptions copy = Copy();
        (copy.EarlyStopping, copy.Plateau, copy.Checkpoints, copy.DropoutSchedule) = (null, null, null, null);
        return copy;
    }

    /// <summary>A copy that later changes do not reach.</summary>
    internal TrainingOptions Copy()
    {
        var copy = (TrainingOptions)MemberwiseClone();
        copy.ParameterGroups = [.. ParameterGroups];
        copy.Checkpoints = Checkpoints?.Checked();
        return copy;
    }
}
