namespace Microsoft.ML.Trainers.Torch.Tests;

/// <summary>A listener that is called where the progress is reported, not later.</summary>
internal sealed class Immediate(Action<TrainingProgress> listener) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => listener(value);
}
