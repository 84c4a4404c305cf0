namespace Microsoft.ML.LrSchedules;

/// <summary>Units for numbers: <c>5.Epochs()</c>, <c>500.Steps()</c>, <c>0.1.OfRun()</c>, <c>10_000.Samples()</c>, <c>2e9.Tokens()</c>.</summary>
public static class TrainingUnits
{
    /// <param name="count">How many.</param>
    extension(int count)
    {
        /// <summary>So many optimizer updates.</summary>
        public TrainingSpan Steps() => TrainingSpan.Of(count, TrainingUnit.Steps);

        /// <summary>So many passes over the training rows.</summary>
        public TrainingSpan Epochs() => TrainingSpan.Of(count, TrainingUnit.Epochs);

        /// <summary>So many training rows.</summary>
        public TrainingSpan Samples() => TrainingSpan.Of(count, TrainingUnit.Samples);

        /// <summary>So many tokens.</summary>
        public TrainingSpan Tokens() => TrainingSpan.Of(count, TrainingUnit.Tokens);
    }

    /// <param name="count">How many.</param>
    extension(long count)
    {
        /// <summary>So many optimizer updates.</summary>
        public TrainingSpan Steps() => TrainingSpan.Of(count, TrainingUnit.Steps);

        /// <summary>So many training rows.</summary>
        public TrainingSpan Samples() => TrainingSpan.Of(count, TrainingUnit.Samples);

        /// <summary>So many tokens.</summary>
        public TrainingSpan Tokens() => TrainingSpan.Of(count, TrainingUnit.Tokens);
    }

    /// <param name="count">How many, or which part.</param>
    extension(double count)
    {
        /// <summary>So many optimizer updates; a fraction stays one.</summary>
        public TrainingSpan Steps() => TrainingSpan.Of(count, TrainingUnit.Steps);

        /// <summary>So many passes over the training rows; half an epoch is <c>0.5.Epochs()</c>.</summary>
        public TrainingSpan Epochs() => TrainingSpan.Of(count, TrainingUnit.Epochs);

        /// <summary>A fraction of the whole run, in (0, 1].</summary>
        public TrainingSpan OfRun() => TrainingSpan.Of(count, TrainingUnit.OfRun);

        /// <summary>So many training rows.</summary>
        public TrainingSpan Samples() => TrainingSpan.Of(count, TrainingUnit.Samples);

        /// <summary>So many tokens.</summary>
        public TrainingSpan Tokens() => TrainingSpan.Of(count, TrainingUnit.Tokens);
    }
}
