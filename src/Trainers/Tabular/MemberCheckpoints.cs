using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// Checkpoints of a model of several members: each has a folder of its own in that of the model, <c>member-0</c>, <c>member-1</c>, ... A member that
/// had none when the run was interrupted starts anew, one that was done is read.
/// </summary>
internal static class MemberCheckpoints
{
    /// <summary>The run of a model that has a single one: its checkpoints lie in the model's folder itself.</summary>
    public const string Alone = ".";

    private const string Prefix = "member-";

    /// <summary>The folder of a member in that of the model.</summary>
    public static string FolderOf(int member) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}{member}");

    /// <summary>
    /// Refuses to resume from what another fit wrote: its runs would start anew, and nobody would know why it takes so long. Folders of another kind are
    /// nobody's business.
    /// </summary>
    /// <param name="options">With the folder to resume from, if any.</param>
    /// <param name="runs">The folders that the runs of this fit have in that of the model.</param>
    public static void RequireRuns(TrainingOptions options, IReadOnlyCollection<string> runs)
    {
        if (options.ResumeFrom is not { } folder) return;
        bool alone = runs.Contains(Alone);
        if (File.Exists(folder) && !alone)
            throw new CheckpointMismatchException("members", $"ResumeFrom must be the model's folder, which has those of its members, but was the file '{folder}'. Name the folder that '{FolderOf(0)}' lies in: all members go on together.");
        string[] found = Found(folder);
        if (alone && (found.Length == 0 || found.Contains(Alone))) return;
        if (found.Length == 0)
            throw new FileNotFoundException($"ResumeFrom must be the folder of the checkpoints of all members but '{folder}' has none. Leave it out to start anew.", folder);
        if (found.Except(runs).Any())
            throw new CheckpointMismatchException("members", $"ResumeFrom must be a folder with the runs {Names(runs)} but '{folder}' has {Names(found)}. Set Folds, Members and SharedMembers as they were for that run, or leave ResumeFrom out to start anew.");
        if (options.ResumeWithDecay is not null && runs.Except(found).ToArray() is { Length: > 0 } missing)
            throw new FileNotFoundException($"ResumeFrom must have a checkpoint of each member to branch off but '{folder}' has none of {Names(missing)}. Resume without ResumeWithDecay first, so that every member has one.", folder);
    }

    /// <summary>A copy of the options for one run of a member.</summary>
    public static TorchTabularOptions Of(TorchTabularOptions options, string run)
    {
        var own = (TorchTabularOptions)options.Copy();
        if (own.Checkpoints is { } checkpoints) checkpoints.Folder = Path.Combine(checkpoints.Folder, run);
        if (own.ResumeFrom is { } from)
        {
            string folder = Path.Combine(from, run);
            own.ResumeFrom = Directory.Exists(folder) && CheckpointFolder.Files(folder).Count > 0 ? folder : null;
        }
        return own;
    }

    private static string[] Found(string folder) => !Directory.Exists(folder)
        ? []
        : [.. Directory.EnumerateDirectories(folder, Prefix + "*", SearchOption.AllDirectories)
            .SelectMany(member => Directory.EnumerateDirectories(member).Prepend(member))
            .Prepend(folder)
            .Where(run => CheckpointFolder.Files(run).Count > 0)
            .Select(run => Path.GetRelativePath(folder, run).Replace('\\', '/'))];

    private static string Names(IReadOnlyCollection<string> runs)
    {
        string[] names = [.. runs.Select(run => run == Alone ? "a single run" : run).Order(StringComparer.Ordinal)];
        return names.Length <= 4 ? string.Join(", ", names) : $"{names[0]}, {names[1]}, ... {names[^1]} ({names.Length} runs)";
    }
}
