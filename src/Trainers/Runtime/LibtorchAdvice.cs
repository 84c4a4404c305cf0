using System.Runtime.InteropServices;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>The errors of loading libtorch, each with what to do about it.</summary>
internal static class LibtorchAdvice
{
    private const string NewerSystem = "Debian 13, Ubuntu 24.04, Fedora 40 and later have it";

    public static void RequireSupportedPlatform()
    {
        if (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal))
            throw new LibtorchLoadException($"libtorch needs the GNU C library but this system ({RuntimeInformation.RuntimeIdentifier}) has musl. Use an image based on Debian or Ubuntu instead of Alpine.");
        Architecture architecture = RuntimeInformation.ProcessArchitecture;
        bool supported = OperatingSystem.IsMacOS() ? architecture == Architecture.Arm64
            : OperatingSystem.IsWindows() ? architecture is Architecture.X64 or Architecture.Arm64
            : OperatingSystem.IsLinux() && architecture == Architecture.X64;
        if (!supported)
            throw new LibtorchLoadException($"TorchSharp has no native library for {RuntimeInformation.RuntimeIdentifier} ({architecture}). It runs on Linux x64, Windows x64 and arm64, and macOS arm64.");
    }

    public static LibtorchLoadException NoLibtorch(IEnumerable<string> searched) => new(
        $"libtorch ('{NativeFolders.FileName("torch_cpu")}') was not found beside the application. "
        + $"Add the package TorchSharp-cpu (or {CpuPackage}), or TorchSharp-cuda-{(OperatingSystem.IsWindows() ? "windows" : "linux")} for a GPU, to the application's project, "
        + $"or set {Libtorch.FolderVariable} to the torch/lib folder of an installed PyTorch. Searched: {string.Join(", ", searched)}.");

    public static LibtorchLoadException NoShim(IEnumerable<string> searched) => new(
        $"TorchSharp's native library ('{NativeFolders.FileName("LibTorchSharp")}') was not found beside the application. "
        + $"Add the package TorchSharp to the application's project, and publish its runtimes folder with it. Searched: {string.Join(", ", searched)}.");

    public static LibtorchLoadException WrongFolder(string variable, string folder, string file) => new(
        $"{variable} must be a folder that holds '{file}' but was '{folder}'. In Python, os.path.join(torch.__path__[0], 'lib') is that folder.");

    public static LibtorchLoadException TwoLibtorches(string variable, string second) => new(
        $"{variable} cannot be used while the application brings its own libtorch in '{second}': a process can hold only one. Remove the libtorch package from the application, or unset {variable}.");

    public static LibtorchLoadException NotFoundByName(string shim) => new(
        $"'{shim}' was loaded but TorchSharp cannot find it by name. Publish the application with its runtimes folder, without trimming or renaming native files.");

    public static LibtorchLoadException FixRefused(string version, string variable, Exception e) => new(
        $"TorchSharp's native library asks for {version} of the C++ library, which this system does not have, and the built-in remedy is switched off by {variable}=0. "
        + $"Unset {variable}, or use a system with libstdc++ of GCC 13.2 or later ({NewerSystem}).", e);

    public static LibtorchLoadException CannotCorrect(string shim, string version, Exception e) => new(
        $"TorchSharp's native library '{shim}' asks for {version} of the C++ library, which this system does not have, and it could not be corrected: {e.Message} "
        + $"Restore the package TorchSharp anew, or use a system with libstdc++ of GCC 13.2 or later ({NewerSystem}).", e);

    public static LibtorchLoadException LoaderRefused(string path, string folder, Exception e) => new(
        $"'{path}' could not be loaded. {Advice(folder, e.Message)} The loader says: {e.Message.Trim()}", e);

    private static string CpuPackage =>
        OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64" : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";

    private static string Advice(string folder, string message)
    {
        bool Says(params ReadOnlySpan<string> texts)
        {
            foreach (string text in texts)
                if (message.Contains(text, StringComparison.Ordinal))
                    return true;
            return false;
        }

        return Says("GLIBC_", "GLIBCXX_", "CXXABI_") ? "This system's C or C++ library is too old for TorchSharp: use Debian 12, Ubuntu 22.04 or later (RHEL 9 is too old)."
            : Says("undefined symbol") ? $"The libtorch in '{folder}' is not the version that TorchSharp 0.107 was built for: use libtorch 2.10.0."
            : Says("ELF", "too short", "cannot read file data") ? "The file is damaged: restore the packages anew (delete bin, obj and the package's folder in the NuGet cache)."
            : "Restore the packages anew, and see that every library that it needs is installed.";
    }
}
