using System.Globalization;
using System.Security.Cryptography;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;
using TorchSharp;

namespace Trainers.Tests.Runtime;

/// <summary>Each test loads libtorch in a process of its own, because a process can load it only once.</summary>
[TestClass]
public sealed class LibtorchTests
{
    private const string Shim = "libLibTorchSharp.so";

    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void EnsureLoaded_OnThisSystem_ComputesAndWritesNothingBesideTheApplication()
    {
        string[] before = Fingerprints();

        (int exitCode, string output) = ChildProgram.Run(LoadAndCompute, environment: Environment());

        exitCode.Should().Be(0, output);
        Fingerprints().Should().Equal(before);
    }

    [TestMethod]
    public void EnsureLoaded_ShimThatAsksForALaterLibstdcxx_LoadsAPrivateCopyThatOnlyTheUserCanTouch()
    {
        RequireLinuxWithoutTheVersion();

        (int exitCode, string output) = ChildProgram.Run(LoadAndCompute, environment: Environment());

        exitCode.Should().Be(0, output);
        string kept = Path.Combine(folder, "mlnetlr", "native");
        output.Should().Contain($"corrected '{kept}/{Shim}.").And.Contain("Set MLNETLR_NATIVE_FIX=0 to refuse this.");
        Directory.GetFiles(kept).Should().ContainSingle("a second process uses the file of the first");
        File.GetUnixFileMode(kept).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Directory.GetFiles(kept).Single()).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [TestMethod]
    public void EnsureLoaded_FixRefused_SaysWhatIsMissingEachTime()
    {
        RequireLinuxWithoutTheVersion();

        (int exitCode, string output) = ChildProgram.Run(LoadTwiceAndPrintErrors, environment: Environment(("MLNETLR_NATIVE_FIX", "0")));

        exitCode.Should().Be(2, output);
        output.Should().Contain("TorchSharp's native library asks for GLIBCXX_3.4.32").And.Contain("Unset MLNETLR_NATIVE_FIX").And.Contain("Ubuntu 24.04");
        Directory.Exists(Path.Combine(folder, "mlnetlr")).Should().BeFalse("nothing is written when the remedy is refused");
    }

    [TestMethod]
    public void EnsureLoaded_FolderWithoutLibtorch_SaysWhichFileItMustHold()
    {
        (int exitCode, string output) = ChildProgram.Run(LoadTwiceAndPrintErrors, environment: Environment(("MLNETLR_LIBTORCH", folder)));

        exitCode.Should().Be(2, output);
        output.Should().Contain($"MLNETLR_LIBTORCH must be a folder that holds '{NativeFolders.FileName("torch_cpu")}' but was '{folder}'.");
    }

    [TestMethod]
    public void EnsureLoaded_LibtorchOfAnotherFolder_IsLoadedFromThere()
    {
        string application = ApplicationWithoutLibtorch();
        string pytorch = Directory.CreateDirectory(Path.Combine(folder, "lib")).FullName;
        foreach (string file in LibtorchFiles())
            File.CreateSymbolicLink(Path.Combine(pytorch, Path.GetFileName(file)), file);

        (int exitCode, string output) = ChildProgram.Run(LoadAndCompute, environment: Environment(("MLNETLR_LIBTORCH", pytorch)), assembly: application);

        exitCode.Should().Be(0, output);
        output.Should().Contain($"libtorch loaded from '{pytorch}'.");
    }

    [TestMethod]
    public void EnsureLoaded_ApplicationWithoutLibtorch_SaysWhichPackageToAdd()
    {
        (int exitCode, string output) = ChildProgram.Run(LoadTwiceAndPrintErrors, environment: Environment(), assembly: ApplicationWithoutLibtorch());

        exitCode.Should().Be(2, output);
        output.Should().Contain("was not found beside the application. Add the package TorchSharp-cpu (or libtorch-cpu-");
    }

    [TestMethod]
    public void EnsureLoaded_SecondLibtorchBesideTheApplicationsOwn_IsRefused()
    {
        // A real file: a link to the application's own would be the same library.
        File.WriteAllBytes(Path.Combine(folder, NativeFolders.FileName("torch_cpu")), new byte[100]);

        (int exitCode, string output) = ChildProgram.Run(LoadTwiceAndPrintErrors, environment: Environment(("MLNETLR_LIBTORCH", folder)));

        exitCode.Should().Be(2, output);
        output.Should().Contain("MLNETLR_LIBTORCH cannot be used while the application brings its own libtorch");
    }

    [TestMethod]
    [DataRow("c10")]
    [DataRow("LibTorchSharp")]
    public void EnsureLoaded_DamagedFile_SaysThatItIsDamaged(string damaged)
    {
        string application = ApplicationWithoutLibtorch();
        foreach (string file in LibtorchFiles().Append(Path.Combine(Path.GetDirectoryName(application)!, NativeFolders.FileName("LibTorchSharp"))))
        {
            string place = Path.Combine(Path.GetDirectoryName(application)!, Path.GetFileName(file));
            if (Path.GetFileName(file) == NativeFolders.FileName(damaged))
            {
                byte[] content = File.ReadAllBytes(file);
                File.Delete(place);
                File.WriteAllBytes(place, content[..(content.Length / 2)]);
            }
            else if (place != file)
                File.CreateSymbolicLink(place, file);
        }

        (int exitCode, string output) = ChildProgram.Run(LoadTwiceAndPrintErrors, environment: Environment(), assembly: application);

        exitCode.Should().Be(2, output);
        output.Should().Contain($"{NativeFolders.FileName(damaged)}' could not be loaded. The file is damaged: restore the packages anew").And.Contain("The loader says:");
    }

    [TestMethod]
    public void EnsureLoaded_ConcurrentCalls_GiveOneAnswer()
    {
        (int exitCode, string output) = ChildProgram.Run(LoadOnManyThreads, environment: Environment());

        exitCode.Should().Be(0, output);
    }

    [TestMethod]
    public void EnsureLoaded_TwoProcessesAtOnce_BothLoad()
    {
        System.Diagnostics.Process[] both = [ChildProgram.Start(LoadAndCompute, environment: Environment()), ChildProgram.Start(LoadAndCompute, environment: Environment())];
        foreach (System.Diagnostics.Process process in both)
            using (process)
            {
                (int exitCode, string output) = ChildProgram.Finish(process);
                exitCode.Should().Be(0, output);
            }
    }

    [TestMethod]
    [DataRow("relative")]
    [DataRow("/proc/none")]
    public void EnsureLoaded_NoPlaceForAPrivateFolder_LoadsFromATemporaryOneAndRemovesIt(string cache)
    {
        RequireLinuxWithoutTheVersion();

        (int exitCode, string output) = ChildProgram.Run(LoadAndCompute, environment: Environment(("XDG_CACHE_HOME", cache), ("HOME", null), ("TMPDIR", folder)));

        exitCode.Should().Be(0, output);
        output.Should().Contain($"corrected '{folder}/mlnetlr-");
        Directory.GetDirectories(folder, "mlnetlr-*").Should().BeEmpty();
    }

    private static int LoadAndCompute(string argument)
    {
        LoadedLibtorch first = Libtorch.EnsureLoaded(Console.WriteLine);
        LoadedLibtorch second = Libtorch.EnsureLoaded(_ => throw new InvalidOperationException("Only the first call reports."));
        Console.WriteLine($"corrected '{first.CorrectedShim}'");
        using torch.Tensor sum = torch.ones(3, 4).matmul(torch.ones(4, 5)).sum();
        return ReferenceEquals(first, second) && sum.item<float>() == 60 ? 0 : 1;
    }

    private static int LoadTwiceAndPrintErrors(string argument)
    {
        int errors = 0;
        for (int i = 0; i < 2; i++)
            try
            {
                Libtorch.EnsureLoaded();
            }
            catch (LibtorchLoadException e)
            {
                errors++;
                Console.WriteLine(e.Message);
            }
        return errors;
    }

    private static int LoadOnManyThreads(string argument)
    {
        var results = new LoadedLibtorch[8];
        using var start = new Barrier(results.Length);
        Thread[] threads = [.. results.Select((_, i) => new Thread(() =>
        {
            start.SignalAndWait();
            results[i] = Libtorch.EnsureLoaded();
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return results.Distinct(ReferenceEqualityComparer.Instance).Count() == 1 && results[0] is not null ? 0 : 1;
    }

    // Links to everything but the native files, and no deps.json, which would name them.
    private string ApplicationWithoutLibtorch()
    {
        string application = Directory.CreateDirectory(Path.Combine(folder, "application")).FullName;
        string self = typeof(LibtorchTests).Assembly.Location;
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Where(file => file != self))
            File.CreateSymbolicLink(Path.Combine(application, Path.GetFileName(file)), file);
        foreach (string file in (string[])[self, Path.ChangeExtension(self, ".runtimeconfig.json")])
            File.Copy(file, Path.Combine(application, Path.GetFileName(file)));
        string shim = Path.Combine(NativeFolders.With("LibTorchSharp", NativeFolders.All)!, NativeFolders.FileName("LibTorchSharp"));
        File.CreateSymbolicLink(Path.Combine(application, Path.GetFileName(shim)), shim);
        return Path.Combine(application, Path.GetFileName(self));
    }

    private static IEnumerable<string> LibtorchFiles() =>
        Directory.GetFiles(NativeFolders.With("torch_cpu", NativeFolders.All)!).Where(file => !Path.GetFileName(file).Contains("TorchSharp", StringComparison.Ordinal));

    private static void RequireLinuxWithoutTheVersion()
    {
        if (!OperatingSystem.IsLinux() || LibstdcxxHasTheVersion()) Assert.Inconclusive("TorchSharp loads on this system as shipped.");
    }

    private static bool LibstdcxxHasTheVersion() =>
        Directory.GetFiles("/usr/lib/x86_64-linux-gnu", "libstdc++.so.6").Concat(Directory.Exists("/usr/lib64") ? Directory.GetFiles("/usr/lib64", "libstdc++.so.6") : [])
            .Any(file => File.ReadAllBytes(file).AsSpan().IndexOf("GLIBCXX_3.4.32"u8) >= 0);

    private Dictionary<string, string?> Environment(params (string Name, string? Value)[] more)
    {
        var environment = new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = folder, ["MLNETLR_NATIVE_FIX"] = null, ["MLNETLR_LIBTORCH"] = null };
        foreach ((string name, string? value) in more)
            environment[name] = value;
        return environment;
    }

    // The file beside the application is a hard link into the package cache: what is true of one is true of the other.
    private static string[] Fingerprints() =>
        [.. NativeFolders.All.Prepend(AppContext.BaseDirectory).SelectMany(place => Directory.EnumerateFileSystemEntries(place)).Order(StringComparer.Ordinal)
            .Where(path => !path.EndsWith(".trx", StringComparison.Ordinal) && Path.GetFileName(path) != "TestResults")
            .Select(path => string.Create(CultureInfo.InvariantCulture, $"{path} {File.GetLastWriteTimeUtc(path):o} {Hash(path)}"))];

    private static string Hash(string path) =>
        Path.GetFileName(path).Contains("LibTorchSharp", StringComparison.Ordinal) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))
        : File.Exists(path) ? new FileInfo(path).Length.ToString(CultureInfo.InvariantCulture) : "";
}
