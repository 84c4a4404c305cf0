namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>
/// Writes a file so that under its name there is always either the old one or the new one, whole: into a file beside it under a name
/// that nobody can guess, flushed to disk, renamed, the folder flushed. No error is swallowed.
/// </summary>
internal static class AtomicFile
{
    private const string Prefix = ".mlnetlr-", Suffix = ".tmp";

    /// <summary>Writes <paramref name="path"/>.</summary>
    /// <param name="path">The file; it may exist.</param>
    /// <param name="length">How many bytes <paramref name="write"/> writes, or null if that is not known.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="files">The file system.</param>
    /// <exception cref="IOException">It could not be written; an older file of that name is as it was.</exception>
    public static void Write(string path, long? length, Action<Stream> write, IFileOperations files)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string temporary = Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}{Suffix}");
        bool created = false;
        try
        {
            using (Stream stream = files.CreateNew(temporary))
            {
                created = true;
                write(stream);
                if (length is { } expected && stream.Length != expected)
                    throw new IOException($"'{temporary}' has {stream.Length} bytes after {expected} were written. Check the disk.");
                files.FlushToDisk(stream);
            }
            files.Rename(temporary, path);
            created = false;
            files.FlushFolder(folder);
        }
        catch when (created)
        {
            TryDelete(temporary, files);
            throw;
        }
    }

    /// <summary>
    /// Makes sure that a folder can be written to, by all the operations of a real write, after removing what interrupted writes left there.
    /// Only for the one who may write there.
    /// </summary>
    /// <exception cref="IOException">It cannot be written to.</exception>
    public static void Probe(string folder, IFileOperations files)
    {
        foreach (string path in Directory.EnumerateFiles(folder, $"{Prefix}*{Suffix}"))
            if (Guid.TryParseExact(Path.GetFileName(path)[Prefix.Length..^Suffix.Length], "N", out _))
                files.Delete(path);
        string probe = Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}{Suffix}");
        Write(probe, 1, stream => stream.Write([0]), files);
        files.Delete(probe);
    }

    // The first error is the one to report; what is left is removed at the next start.
    private static void TryDelete(string path, IFileOperations files)
    {
        try
        {
            files.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
