namespace Microsoft.ML.LrSchedules;

/// <summary>What happens to the rows that do not fill a batch at the end of an epoch.</summary>
public enum LastBatch
{
    /// <summary>They are trained as a smaller batch.</summary>
    Keep,

    /// <summary>They are left out of this epoch (the order changes, so other rows are left out of the next).</summary>
    Drop,
}

/// <summary>
/// How many optimizer steps a run has, said once: planned steps are the steps taken.
/// <code>
/// batches per epoch = ceil(rows / batch size), or floor with LastBatch.Drop
/// steps per epoch   = ceil(batches per epoch / gradient accumulation)   (an epoch's last group may be smaller)
/// total steps       = ceil(epochs * steps per epoch)
/// </code>
/// </summary>
public sealed record TrainingPlan
{
    /// <summary>A run over <paramref name="rows"/> training rows.</summary>
    /// <param name="rows">Training rows, at least 1.</param>
    /// <param name="batchSize">Rows per batch, at least 1.</param>
    /// <param name="epochs">Passes over the rows, above 0; the last may be a part of one.</param>
    /// <param name="gradientAccumulation">Batches per optimizer step, at least 1.</param>
    /// <param name="lastBatch">Whether an incomplete last batch is trained.</param>
    /// <param name="tokensPerSample">Tokens in a row, for spans counted in tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or no batch is left.</exception>
    public TrainingPlan(long rows, int batchSize, double epochs, int gradientAccumulation = 1, LastBatch lastBatch = LastBatch.Keep, double? tokensPerSample = null)
    {
        if (rows < 1)
            throw Guard.Out(nameof(rows), "at least 1", rows, "There is nothing to train on.");
        Guard.AtLeast(1, batchSize, "A batch has at least one row.");
        Guard.AtLeast(1, gradientAccumulation, "An optimizer step takes at least one batch.");
        Guard.Defined(lastBatch, "Say what happens to an incomplete last batch.");
        if (tokensPerSample is { } tokens)
            Guard.Positive(tokens, "Leave it out if no span counts tokens.", nameof(tokensPerSample));
        Rows = rows;
        BatchSize = batchSize;
        GradientAccumulation = gradientAccumulation;
        LastBatch = lastBatch;
        TokensPerSample = tokensPerSample;
        BatchesPerEpoch = lastBatch == LastBatch.Keep ? CeilingDivide(rows, batchSize) : rows / batchSize;
        if (BatchesPerEpoch == 0)
            throw Guard.Out(nameof(batchSize), $"at most the {rows} rows when the last batch is dropped", batchSize, "Use a smaller batch or LastBatch.Keep.");
        StepsPerEpoch = CeilingDivide(BatchesPerEpoch, gradientAccumulation);
        Epochs = Guard.Positive(epochs, "A run has at least a part of an epoch.");
        TotalSteps = Total(StepsPerEpoch, epochs);
    }

    private TrainingPlan(long stepsPerEpoch, double epochs)
    {
        if (stepsPerEpoch < 1)
            throw Guard.Out(nameof(stepsPerEpoch), "at least 1", stepsPerEpoch, "An epoch has at least one optimizer step.");
        StepsPerEpoch = stepsPerEpoch;
        BatchesPerEpoch = stepsPerEpoch;
        GradientAccumulation = 1;
        Epochs = Guard.Positive(epochs, "A run has at least a part of an epoch.");
        TotalSteps = Total(stepsPerEpoch, epochs);
    }

    /// <summary>Training rows, or null for a plan that was made from steps.</summary>
    public long? Rows { get; }

    /// <summary>Rows per batch, or null for a plan that was made from steps.</summary>
    public int? BatchSize { get; }

    /// <summary>Batches per optimizer step.</summary>
    public int GradientAccumulation { get; }

    /// <summary>Whether an incomplete last batch is trained.</summary>
    public LastBatch LastBatch { get; }

    /// <summary>Tokens in a row, or null.</summary>
    public double? TokensPerSample { get; }

    /// <summary>Passes over the training rows.</summary>
    public double Epochs { get; }

    /// <summary>Batches in an epoch.</summary>
    public long BatchesPerEpoch { get; }

    /// <summary>Optimizer updates in an epoch.</summary>
    public long StepsPerEpoch { get; }

    /// <summary>Optimizer updates in the run.</summary>
    public long TotalSteps { get; }

    /// <summary>A plan without data, for looking at curves: so many steps in an epoch, so many epochs.</summary>
    /// <param name="stepsPerEpoch">At least 1.</param>
    /// <param name="epochs">Above 0.</param>
    public static TrainingPlan OfSteps(long stepsPerEpoch, double epochs) => new(stepsPerEpoch, epochs);

    /// <summary>A plan of <paramref name="totalSteps"/> steps that are one epoch.</summary>
    /// <param name="totalSteps">At least 1.</param>
    public static TrainingPlan OfSteps(long totalSteps) => new(totalSteps, 1);

    /// <summary>The number of steps that <paramref name="span"/> takes in this run; a fraction stays one.</summary>
    /// <param name="span">Any span but <see cref="TrainingSpan.Rest"/>, which only a schedule can resolve.</param>
    /// <exception cref="InvalidOperationException">The plan does not know the unit, such as samples in a plan made from steps.</exception>
    public double StepsIn(TrainingSpan span) => span.Unit switch
    {
        TrainingUnit.Steps => span.Value,
        TrainingUnit.Epochs => span.Value * StepsPerEpoch,
        TrainingUnit.OfRun => span.Value * TotalSteps,
        TrainingUnit.Samples => StepsInSamples(span, span.Value),
        TrainingUnit.Tokens => StepsInSamples(span, span.Value / (TokensPerSample
            ?? throw new InvalidOperationException($"The plan must know the tokens per sample to resolve {span}. Give tokensPerSample to TrainingPlan."))),
        _ => throw new InvalidOperationException("The span must have a unit but was the rest of the run. Only a schedule knows what is left."),
    };

    private double StepsInSamples(TrainingSpan span, double samples)
    {
        if (Rows is not { } rows || BatchSize is not { } batch)
            throw new InvalidOperationException($"The plan must know the rows and the batch size to resolve {span}. Make it with new TrainingPlan(rows, batchSize, epochs).");
        double samplesPerEpoch = LastBatch == LastBatch.Keep ? rows : (double)BatchesPerEpoch * batch;
        return samples / samplesPerEpoch * StepsPerEpoch;
    }

    private static long CeilingDivide(long value, long divisor) => (value - 1) / divisor + 1;

    // 0.1 * 30 is 3.0000000000000004: an excess below a billionth of a step is rounding, not a step.
    private static long Total(long stepsPerEpoch, double epochs)
    {
        double steps = epochs * stepsPerEpoch;
        if (steps > 1L << 52)
            throw Guard.Out(nameof(epochs), "so small that the run has at most 2^52 steps", epochs, $"An epoch has {stepsPerEpoch} steps.");
        return Math.Max(1, (long)Math.Ceiling(steps - Math.Max(1e-9, steps * 1e-12)));
    }
}
