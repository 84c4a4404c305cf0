using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>The libtorch of this process.</summary>
/// <param name="Folder">Where it was loaded from; null when the application had loaded it already.</param>
/// <param name="HasCuda">Whether this build of libtorch has CUDA code (not: whether there is a GPU).</param>
/// <param name="CorrectedShim">The private copy of TorchSharp's native part that was loaded instead of the shipped one; null where that one loads.</param>
internal sealed record LoadedLibtorch(string? Folder, bool HasCuda, string? CorrectedShim);

/// <summary>
/// Loads libtorch and TorchSharp's native part (the "shim"), once per process, before TorchSharp looks for them itself.
/// TorchSharp would otherwise copy 480 MB beside the application when the first attempt fails, and print to the console.
/// See docs/decisions/0003-libtorch-loading.md.
/// </summary>
internal static class Libtorch
{
    /// <summary>Set to 0 to refuse the corrected private copy of the shim.</summary>
    public const string FixVariable = "MLNETLR_NATIVE_FIX";

    /// <summary>Set to the <c>torch/lib</c> folder of an installed PyTorch to use its libtorch.</summary>
    public const string FolderVariable = "MLNETLR_LIBTORCH";

    private const string Shim = "LibTorchSharp";
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const string SymbolBehindIt = "_ZSt21ios_base_library_initv";

    private static readonly Lock gate = new();
    private static LoadedLibtorch? loaded;
    private static LibtorchLoadException? failure;

    /// <summary>Loads what is not yet loaded. Any thread, any number of times; only the first call does anything.</summary>
    /// <param name="log">Told what was loaded from where, by the call that loads it.</param>
    /// <exception cref="LibtorchLoadException">It cannot be loaded here.</exception>
    public static LoadedLibtorch EnsureLoaded(Action<string>? log = null)
    {
        List<string> trace = [];
        LoadedLibtorch result;
        lock (gate)
        {
            if (failure is not null) throw new LibtorchLoadException(failure.Message, failure);
            try
            {
                result = loaded ??= Load(trace.Add);
            }
            catch (LibtorchLoadException e)
            {
                failure = e;
                throw;
            }
        }
        if (log is not null) trace.ForEach(log);
        return result;
    }

    private static LoadedLibtorch Load(Action<string> trace)
    {
        HiddenCaches.Guard(trace);
        if (ApplicationHasLoadedIt())
        {
            Initialise();
            trace("libtorch had already been loaded by the application.");
            return new LoadedLibtorch(null, NativeFolders.With("torch_cuda", NativeFolders.All) is not null, null);
        }

        LibtorchAdvice.RequireSupportedPlatform();
        string folder = FindLibtorch();
        string shimFolder = NativeFolders.With(Shim, NativeFolders.All) ?? throw LibtorchAdvice.NoShim(NativeFolders.All);

        foreach (string name in (string[])["c10", "torch_cpu", "torch"])
            LoadFile(Path.Combine(folder, NativeFolders.FileName(name)), folder);
        trace($"libtorch loaded from '{folder}'.");

        string? corrected = LoadShim(Path.Combine(shimFolder, NativeFolders.FileName(Shim)), folder, trace);
        Initialise();
        return new LoadedLibtorch(folder, NativeFolders.With("torch_cuda", [folder]) is not null, corrected);
    }

    private static string FindLibtorch()
    {
        string? own = NativeFolders.With("torch_cpu", NativeFolders.All);
        string? chosen = Environment.GetEnvironmentVariable(FolderVariable);
        if (string.IsNullOrEmpty(chosen)) return own ?? throw LibtorchAdvice.NoLibtorch(NativeFolders.All);

        string folder = NativeFolders.With("torch_cpu", [Path.GetFullPath(chosen)]) ?? throw LibtorchAdvice.WrongFolder(FolderVariable, chosen, NativeFolders.FileName("torch_cpu"));
        // TorchSharp would load the application's own by path beside the chosen one, and the second ends the process.
        return own is null || LibtorchIn(own) == LibtorchIn(folder) ? folder : throw LibtorchAdvice.TwoLibtorches(FolderVariable, own);
    }

    private static string LibtorchIn(string folder)
    {
        string path = Path.Combine(folder, NativeFolders.FileName("torch_cpu"));
        return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
    }

    private static string? LoadShim(string shim, string folder, Action<string> trace)
    {
        try
        {
            if (OperatingSystem.IsLinux()) ElfImage.RequireWhole(shim);
            LoadCompletely(shim);
            return null;
        }
        catch (DllNotFoundException e) when (OperatingSystem.IsLinux() && e.Message.Contains(MissingVersion, StringComparison.Ordinal))
        {
            if (Environment.GetEnvironmentVariable(FixVariable) == "0") throw LibtorchAdvice.FixRefused(MissingVersion, FixVariable, e);
            string corrected = LoadCorrected(shim, folder);
            trace($"TorchSharp's native library asks for {MissingVersion}, which this system does not have and nothing uses; "
                + $"a corrected copy was loaded from '{corrected}'. Set {FixVariable}=0 to refuse this.");
            return corrected;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw LibtorchAdvice.LoaderRefused(shim, folder, e);
        }
    }

    // The copy keeps the library's own name inside (SONAME), so TorchSharp's later load by name finds it.
    private static string LoadCorrected(string shim, string folder)
    {
        byte[] image;
        try
        {
            image = ElfImage.WithOptionalVersion(File.ReadAllBytes(shim), MissingVersion, SymbolBehindIt);
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw LibtorchAdvice.CannotCorrect(shim, MissingVersion, e);
        }
        try
        {
            if (PrivateFolder.OfUser() is { } kept)
            {
                string path = PrivateFolder.Put(kept, NativeFolders.FileName(Shim), image);
                LoadCompletely(path);
                return path;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            // A full or read-only disk, or one from which no code may run: the temporary folder may be another one.
        }
        try
        {
            DirectoryInfo temporary = Directory.CreateTempSubdirectory("mlnetlr-");
            try
            {
                string path = PrivateFolder.Put(temporary.FullName, NativeFolders.FileName(Shim), image);
                LoadCompletely(path);
                return path;
            }
            finally
            {
                temporary.Delete(recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            throw LibtorchAdvice.LoaderRefused(shim, folder, e);
        }
    }

    private static void LoadFile(string path, string folder)
    {
        try
        {
            if (OperatingSystem.IsLinux()) ElfImage.RequireWhole(path);
            NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw LibtorchAdvice.LoaderRefused(path, folder, e);
        }
    }

    // On Linux every function is bound now: a libtorch of another version must fail here, not end the process at some later call.
    private static void LoadCompletely(string path)
    {
        const int Now = 2;
        if (!OperatingSystem.IsLinux())
        {
            NativeLibrary.Load(path);
            return;
        }
        // Called once before: finding dlerror itself would wipe the error that it is to report.
        dlerror();
        if (dlopen(path, Now) == 0)
            throw new DllNotFoundException(Marshal.PtrToStringUTF8(dlerror()) ?? $"'{path}' could not be loaded.");
    }

    // Asked by us first: TorchSharp answers a failure by copying the whole of libtorch beside the application.
    private static void Initialise()
    {
        if (!NativeLibrary.TryLoad(Shim, typeof(torch).Assembly, null, out _)) throw LibtorchAdvice.NotFoundByName(NativeFolders.FileName(Shim));
        torch.TryInitializeDeviceType(DeviceType.CPU);
    }

    private static bool ApplicationHasLoadedIt()
    {
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
            using (module)
                if (string.Equals(module.ModuleName, NativeFolders.FileName(Shim), StringComparison.OrdinalIgnoreCase))
                    return true;
        return false;
    }

    [DllImport("libc")]
    private static extern nint dlopen([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    private static extern nint dlerror();
}
