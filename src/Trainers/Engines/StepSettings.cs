namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>What a pass of a step needs to know beside its rows: what schedules have come to, and where its randomness comes from.</summary>
/// <param name="Step">Completed steps. With the seed and a row's place it decides what dropout drops.</param>
/// <param name="FirstRow">The place in the step of the pass's first row: not 0 for a later batch of accumulated gradients.</param>
/// <param name="DropoutScale">What the rates of all dropout layers are multiplied by, from 0 to 1.</param>
/// <param name="LabelSmoothing">The smoothing of a softmax loss in this step, where it changes during the run; null for that of the loss itself.</param>
/// <param name="DeferLoss">Whether an engine that <see cref="Engine.DefersLoss"/> adds the loss to <see cref="Engine.LossSum"/> instead of returning it.</param>
/// <param name="DeferSum">Whether the engine may leave the last of the gradient's sums to <see cref="Engine.Share"/>, of whose work each part then reads its own slice alone.</param>
internal readonly record struct StepSettings(
    long Step, int FirstRow = 0, double DropoutScale = 1, double? LabelSmoothing = null, bool DeferLoss = false, bool DeferSum = false);
