using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>
/// A folder on Linux that only this user can read or change, for native code that is loaded from it.
/// Nobody else may own, or be able to write, the folder or any folder above it (a sticky folder such as /tmp excepted):
/// otherwise they could exchange the file between our check and the load.
/// </summary>
internal static unsafe class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>This user's folder for corrected libraries, made if need be; null where there is no safe place for one.</summary>
    public static string? OfUser()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            string? home = Environment.GetEnvironmentVariable("HOME");
            if (string.IsNullOrEmpty(home) || !Path.IsPathRooted(home)) return null;
            cache = Path.Combine(home, ".cache");
        }
        return TryMake(Path.Combine(cache, "mlnetlr", "native"));
    }

    /// <summary>Makes <paramref name="folder"/> for the owner only; null if that is impossible or another user could change it.</summary>
    public static string? TryMake(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            // Resolved: a link on the way must not lead out of what is checked.
            string real = RealPath(folder);
            if (!OwnedByUs(real)) return null;
            File.SetUnixFileMode(real, OwnerOnly);
            for (string? above = Path.GetDirectoryName(real); above is not null; above = Path.GetDirectoryName(above))
                if (!SafeAbove(above))
                    return null;
            return real;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Puts <paramref name="content"/> into <paramref name="folder"/> under a name that ends in its hash, atomically.
    /// A file that is already there is used if it has exactly this content, and replaced otherwise.
    /// </summary>
    /// <returns>The path.</returns>
    public static string Put(string folder, string name, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(folder, $"{name}.{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}");
        if (File.Exists(path) && OwnedByUs(path) && content.SequenceEqual(File.ReadAllBytes(path))) return path;

        string temporary = Path.Combine(folder, $".{name}.{Path.GetRandomFileName()}");
        try
        {
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            // Another process may be mapping the file under this name: a rename leaves its mapping whole.
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }

    private static string RealPath(string path)
    {
        string real = Path.GetPathRoot(path)!;
        foreach (string part in Path.GetFullPath(path)[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(real, returnFinalTarget: true)?.FullName ?? real;
        }
        return real;
    }

    private static bool OwnedByUs(string path) => Owner(path) == geteuid();

    private static bool SafeAbove(string folder)
    {
        const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        UnixFileMode mode = File.GetUnixFileMode(folder);
        uint? owner = Owner(folder);
        return (owner == 0 || owner == geteuid()) && ((mode & OthersWrite) == 0 || (mode & UnixFileMode.StickyBit) != 0);
    }

    // .NET has no way to ask for a file's owner. statx has one layout on every architecture: the owner is the 32 bits at 20.
    private static uint? Owner(string path)
    {
        const int CurrentFolder = -100, NoFollow = 0x100, OwnerOnlyMask = 0x8;
        uint* result = stackalloc uint[64];
        return statx(CurrentFolder, path, NoFollow, OwnerOnlyMask, result) == 0 ? result[5] : null;
    }

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc")]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, uint* result);
}
