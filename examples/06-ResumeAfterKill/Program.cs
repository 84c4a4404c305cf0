// A run that is killed in the middle goes on from its newest checkpoint, and ends with the same bits as a run in peace. This program
// starts itself as a second process, kills it when a few checkpoints are there, and starts it again.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

const string Folder = "checkpoints";

if (args is ["train"])
{
    bool resumes = Directory.Exists(Folder) && Directory.EnumerateFiles(Folder, "*.safetensors").Any();
    Console.WriteLine($"  result {Train(Folder, resumes ? Folder : null)}");
    return 0;
}

if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
string inPeace = Train(checkpoints: null, resumeFrom: null);
Console.WriteLine($"an uninterrupted run ends with {inPeace}");

Console.WriteLine("a second process trains the same:");
using (Process first = Start())
{
    while (first.StandardOutput.ReadLine() is { } line)
    {
        Console.WriteLine(line);
        if (!line.Contains("epoch 7 ")) continue;
        first.Kill();
        Console.WriteLine("  killed");
        break;
    }
}

Console.WriteLine("a third one goes on from the newest whole checkpoint:");
using Process second = Start();
string output = second.StandardOutput.ReadToEnd();
Console.Write(output);
bool same = output.Contains($"result {inPeace}");
Console.WriteLine(same ? "the same bits" : "other bits");
return same ? 0 : 1;

static Process Start() => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["train"]) { RedirectStandardOutput = true })!;

static string Train(string? checkpoints, string? resumeFrom)
{
    var random = new Random(1);
    var ml = new MLContext(seed: 1);
    IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 2000).Select(_ => Row.Draw(random)).ToArray());
    var options = new TorchMlpOptions
    {
        HiddenLayers = [32],
        Optimizer = Optimizers.AdamW(learningRate: 3e-3),
        Schedule = LrSchedule.Warmup(1.Epochs()).Cosine(),
        NumberOfEpochs = 12,
        BatchSize = 20,
        Checkpoints = checkpoints is null ? null : new CheckpointOptions { Folder = checkpoints, EverySteps = 70 },
        ResumeFrom = resumeFrom,
        Progress = checkpoints is null ? null : new EpochLines(),
    };
    ReadOnlySpan<float> weights = ml.Regression.Trainers.TorchMlp(options).Fit(data).Model.Network.Weights();
    return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(weights)))[..16];
}

/// <summary>Two features, and a label that is their product.</summary>
internal sealed record Row([property: VectorType(2)] float[] Features, float Label)
{
    public static Row Draw(Random random)
    {
        float x = random.NextSingle() - 0.5f, y = random.NextSingle() - 0.5f;
        return new Row([x, y], x * y);
    }
}

internal sealed class EpochLines : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress run) => Console.WriteLine($"  epoch {run.Epoch + 1} of {run.NumberOfEpochs}   rate {run.LearningRate:0.00000}   loss {run.TrainingLoss:0.0000}");
}
