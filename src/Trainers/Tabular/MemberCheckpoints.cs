using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// Checkpoints of a model of several members: each has a folder of its own in that of the model, <c>member-0</c>, <c>member-1</c>, ... A member that
/// had none when the run was interrupted starts anew, one that was done is read.
/// </summary>
internal static class MemberCheckpoints
{
    /// <summary>Refuses to resume where no member has a checkpoint.</summary>
    public static void RequireAny(TrainingOptions options)
    {
        if (options.ResumeFrom is not { } folder) return;
        if (!Directory.Exists(folder) || !Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).SelectMany(CheckpointFolder.Files).Any())
            throw new FileNotFoundException($"ResumeFrom must be the folder of the checkpoints of all members but '{folder}' has none. Leave it out to start anew.", folder);
    }

    /// <summary>A copy of the options for one run of a member.</summary>
    public static TorchTabularOptions Of(TorchTabularOptions options, params ReadOnlySpan<string> run)
    {
        var own = (TorchTabularOptions)options.Copy();
        string path = Path.Combine(run);
        if (own.Checkpoints is { } checkpoints) checkpoints.Folder = Path.Combine(checkpoints.Folder, path);
        if (own.ResumeFrom is { } from)
        {
            string folder = Path.Combine(from, path);
            own.ResumeFrom = Directory.Exists(folder) && CheckpointFolder.Files(folder).Count > 0 ? folder : null;
        }
        return own;
    }
}
