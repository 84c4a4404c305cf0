using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Faults.Resume;

/// <summary>A training process with frequent checkpoints is killed again and again. What the last one ends with are the bits of a run in peace.</summary>
[TestClass]
public sealed class TrainingKillTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Fit_KilledSixTimes_EndsWithTheWeightsOfAnUninterruptedRun() => KillRepeatedly(kills: 6);

    [TestMethod]
    [TestCategory("Slow")]
    public void Fit_KilledTwoHundredTimes_EndsWithTheWeightsOfAnUninterruptedRun() => KillRepeatedly(kills: 200);

    private void KillRepeatedly(int kills)
    {
        // On a busy machine a run gets further than one epoch before it is killed.
        int epochs = 5 * kills;
        string expected = Fingerprint(Options(epochs));
        var random = new Random(777);
        int resumes = 0;
        for (int i = 0; i < kills; i++)
        {
            using Process run = ChildProgram.Start(Train, Argument(epochs, slowly: true));
            Task<string> errors = run.StandardError.ReadToEndAsync();
            string? first = run.StandardOutput.ReadLine();
            // What it says of errors is there when it has ended.
            if (first is null) throw new AssertFailedException($"The run must start but ended: {errors.Result}");
            if (first.StartsWith("resumed", StringComparison.Ordinal)) resumes++;
            // An epoch writes four checkpoints and then waits for a second: most kills come among the checkpoints, and every other
            // one after a new checkpoint, however slow the machine is at the moment.
            string? newest = Newest();
            var patience = Stopwatch.StartNew();
            while (i % 2 == 0 && Newest() == newest && patience.Elapsed < TimeSpan.FromSeconds(30)) Thread.Sleep(1);
            Thread.Sleep(random.Next(1, 41));
            if (run.HasExited) throw new AssertFailedException($"The run must have something left to do but ended: {run.StandardOutput.ReadToEnd()}{errors.Result}");
            run.Kill();
            run.WaitForExit();
        }
        (int exitCode, string output) = ChildProgram.Run(Train, Argument(epochs, slowly: false), timeout: TimeSpan.FromMinutes(5));
        exitCode.Should().Be(0, output);
        output.Split('\n')[0].Should().StartWith("resumed", "there is something left to do");
        output.Split('\n')[^2].Should().Be(expected);
        resumes.Should().Be(kills - 1, "after the first kill there was a checkpoint to go on from");
        Console.WriteLine($"{kills} kills, {resumes} resumes, equal weights at the end");
    }

    private string? Newest() => Directory.GetFiles(folder, "*.safetensors").Max();

    private string Argument(int epochs, bool slowly) => string.Create(CultureInfo.InvariantCulture, $"{folder}|{epochs}|{slowly}");

    private static int Train(string argument)
    {
        string[] parts = argument.Split('|');
        TorchMlpOptions options = Options(int.Parse(parts[1], CultureInfo.InvariantCulture));
        options.Checkpoints = new CheckpointOptions { Folder = parts[0], EverySteps = 2 };
        if (Directory.EnumerateFiles(parts[0], "*.safetensors").Any()) options.ResumeFrom = parts[0];
        if (bool.Parse(parts[2])) options.StopWhen = Wait;
        Console.WriteLine(Fingerprint(options, beforeTheFirstStep: () => Console.WriteLine(options.ResumeFrom is null ? "started" : "resumed")));
        return 0;
    }

    private static bool Wait(TrainingProgress progress)
    {
        Thread.Sleep(1000);
        return false;
    }

    private static TorchMlpOptions Options(int epochs)
    {
        TorchMlpOptions options = EngineRun.Options(epochs);
        options.ValidationFraction = 0.2;
        options.EarlyStopping = new EarlyStopping { Patience = int.MaxValue };
        return options;
    }

    private static string Fingerprint(TorchMlpOptions options, Action? beforeTheFirstStep = null)
    {
        var context = new MLContext(seed: 1);
        context.Log += (_, entry) =>
        {
            if (entry.Message.Contains("Engine:", StringComparison.Ordinal)) beforeTheFirstStep?.Invoke();
        };
        ReadOnlySpan<float> weights = context.Regression.Trainers.TorchMlp(options).Fit(MadeUp.View(context, 100)).Model.Network.Weights();
        return Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(weights)));
    }
}
