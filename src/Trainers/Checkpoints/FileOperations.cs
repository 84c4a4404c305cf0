using System.Runtime.InteropServices;

namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>The real file system.</summary>
internal sealed class FileOperations : IFileOperations
{
    private FileOperations()
    {
    }

    public static FileOperations Instance { get; } = new();

    public Stream CreateNew(string path) => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);

    public void FlushToDisk(Stream stream) => ((FileStream)stream).Flush(flushToDisk: true);

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    // A renamed file is safe only when its folder is: .NET cannot flush one. Windows keeps names in its journal.
    public void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        const int ReadOnly = 0, InvalidArgument = 22;
        int descriptor = open(folder, ReadOnly);
        if (descriptor < 0) throw Failed(folder);
        try
        {
            // File systems that have no such operation answer "invalid argument": there is nothing more to be done on them.
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument) throw Failed(folder);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failed(string folder) =>
        new($"The folder '{folder}' could not be written to disk: {Marshal.GetLastPInvokeErrorMessage()}.");

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
