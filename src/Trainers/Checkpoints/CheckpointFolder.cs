using System.Globalization;

namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>The checkpoints of one run in one folder: when to write, and which to keep. Held by one run at a time.</summary>
internal sealed class CheckpointFolder : IDisposable
{
    private const string Prefix = "checkpoint-", Suffix = ".safetensors", DamagedSuffix = ".damaged", LockName = "checkpoints.lock";

    private readonly CheckpointOptions options;
    private readonly IFileOperations files;
    private readonly TimeProvider time;
    private readonly FileStream held;
    private readonly Dictionary<long, double> scores = [];
    private long lastStep;
    private long lastTime;

    private CheckpointFolder(CheckpointOptions options, IFileOperations files, TimeProvider time, FileStream held, long startStep)
    {
        this.options = options;
        this.files = files;
        this.time = time;
        this.held = held;
        lastStep = startStep;
        lastTime = time.GetTimestamp();
    }

    /// <summary>The checkpoint with the lowest score; null where none has one.</summary>
    public string? Best => scores.Count == 0 ? null : PathOf(options.Folder, scores.OrderBy(entry => entry.Value).ThenBy(entry => entry.Key).First().Key);

    /// <summary>
    /// Takes the folder for a run that starts after <paramref name="startStep"/> steps, and makes sure that it can be written to.
    /// What interrupted writes of earlier runs left is removed; damaged checkpoints of later steps are set aside under another name.
    /// </summary>
    /// <exception cref="IOException">
    /// It cannot be written to, another run holds it, or it has sound checkpoints of later steps, which belong to another course of the run.
    /// </exception>
    public static CheckpointFolder Open(CheckpointOptions options, long startStep = 0, TimeProvider? time = null, IFileOperations? files = null)
    {
        options = options.Checked();
        options.Folder = Path.GetFullPath(options.Folder);
        files ??= FileOperations.Instance;
        FileStream held = WhenUsable(options.Folder, () => Hold(options.Folder))
            ?? throw new IOException($"The checkpoint folder '{options.Folder}' is in use by another run. Wait for its end, or choose another folder.");
        try
        {
            WhenUsable(options.Folder, () =>
            {
                AtomicFile.Probe(options.Folder, files);
                return held;
            });
            var folder = new CheckpointFolder(options, files, time ?? TimeProvider.System, held, startStep);
            folder.LookAround(startStep);
            return folder;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Whether a checkpoint is due after a step.</summary>
    /// <param name="step">Completed steps.</param>
    /// <param name="completedEpochs">Completed epochs if this step ended one, else null.</param>
    public bool IsDue(long step, int? completedEpochs) =>
        step != lastStep
        && ((options.EverySteps is { } steps && step % steps == 0)
            || (options.EveryEpochs is { } epochs && completedEpochs is { } completed && completed % epochs == 0)
            || (options.EveryMinutes is { } minutes && time.GetElapsedTime(lastTime) >= TimeSpan.FromMinutes(minutes)));

    /// <summary>Writes a checkpoint, then removes those that are no longer kept.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="ArgumentException">A tensor has a value that is infinite or not a number.</exception>
    /// <exception cref="IOException">It could not be written, or an old one could not be removed. All other checkpoints are as they were.</exception>
    public string Save(Checkpoint checkpoint)
    {
        string path = PathOf(options.Folder, checkpoint.Step);
        CheckpointFile.Write(path, checkpoint, files);
        (lastStep, lastTime) = (checkpoint.Step, time.GetTimestamp());
        if (checkpoint.Score is { } score && !double.IsNaN(score)) scores[checkpoint.Step] = score;
        else scores.Remove(checkpoint.Step);
        Prune();
        return path;
    }

    /// <summary>The checkpoints of a folder, newest first.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, $"{Prefix}*{Suffix}").Where(path => StepOf(path) is not null).OrderByDescending(path => StepOf(path))];

    /// <summary>Reads a checkpoint file, or of a folder the newest one that is not damaged.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="log">Told of each damaged file that is passed over.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or all files of the folder are.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or no checkpoint in the folder.</exception>
    public static Checkpoint Read(string path, Action<string>? log = null)
    {
        if (!Directory.Exists(path))
            return File.Exists(path)
                ? CheckpointFile.Read(path)
                : throw new FileNotFoundException($"ResumeFrom must be a checkpoint or a folder with checkpoints but '{path}' does not exist. Leave it out to start anew.", path);
        InvalidDataException? first = null;
        foreach (string file in Files(path))
            try
            {
                return CheckpointFile.Read(file);
            }
            catch (InvalidDataException e)
            {
                first ??= e;
                log?.Invoke($"Passed over a checkpoint: {e.Message}");
            }
        throw first is null
            ? new FileNotFoundException($"ResumeFrom must be a checkpoint or a folder with checkpoints but '{path}' has none. Leave it out to start anew.", path)
            : new InvalidDataException($"No checkpoint in '{path}' can be used. {first.Message}", first);
    }

    /// <summary>Lets another run have the folder.</summary>
    public void Dispose() => held.Dispose();

    private static string PathOf(string folder, long step) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D12}{Suffix}"));

    private static long? StepOf(string path) =>
        long.TryParse(Path.GetFileName(path).AsSpan()[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long step) && Path.GetFileName(path) == Path.GetFileName(PathOf("", step))
            ? step
            : null;

    private static T WhenUsable<T>(string folder, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The checkpoint folder '{folder}' cannot be used: {e.Message} Nothing was trained. Choose a folder that this user may write to.", e);
        }
    }

    // Null if another run has it. The operating system frees the lock when the process ends, however it ends.
    // The file stays: removing it would let two runs in.
    private static FileStream? Hold(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, LockName);
        bool existed = File.Exists(path);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (existed || File.Exists(path))
        {
            return null;
        }
    }

    private void LookAround(long startStep)
    {
        foreach (string path in Files(options.Folder))
        {
            long step = StepOf(path)!.Value;
            if (step > startStep)
                SetAsideIfDamaged(path, startStep);
            else if (CheckpointFile.Peek(path) is (_, { } score) && !double.IsNaN(score))
                scores[step] = score;
        }
    }

    private void SetAsideIfDamaged(string path, long startStep)
    {
        try
        {
            CheckpointFile.Read(path);
        }
        catch (InvalidDataException)
        {
            files.Rename(path, path + DamagedSuffix);
            return;
        }
        throw new IOException(
            $"The checkpoint folder '{options.Folder}' has '{Path.GetFileName(path)}', of a later step than {startStep}, from which this run starts. "
            + "Set ResumeFrom to that folder to continue from its newest checkpoint, or choose another folder.");
    }

    private void Prune()
    {
        string? best = options.KeepBest ? Best : null;
        foreach (string path in Files(options.Folder).Skip(options.KeepLast).Where(path => path != best))
        {
            files.Delete(path);
            scores.Remove(StepOf(path)!.Value);
        }
    }
}
