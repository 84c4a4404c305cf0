namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>What writing a checkpoint asks of the file system: the seam at which tests make each operation fail in turn.</summary>
internal interface IFileOperations
{
    /// <summary>A new file for writing; it must not exist yet.</summary>
    Stream CreateNew(string path);

    /// <summary>Hands everything written so far to the disk.</summary>
    void FlushToDisk(Stream stream);

    /// <summary>Gives a file a new name in the same folder, in one step, replacing a file of that name.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file.</summary>
    void Delete(string path);

    /// <summary>Hands the folder's list of names to the disk.</summary>
    void FlushFolder(string folder);
}
