using System.Globalization;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Faults.Models;

/// <summary>
/// Models of every task, saved here, are loaded by a process that has the packages beside it but uses ML.NET's types alone. It must
/// predict the same bits, and libtorch must stay where it is.
/// </summary>
[TestClass]
public sealed class FreshProcessTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Load_ModelsOfEveryTask_PredictTheSameBitsWithoutLibtorch()
    {
        var context = new MLContext(seed: 1);
        IDataView data = MadeUp.View(context, 120);
        var key = context.Transforms.Conversion.MapValueToKey("Label", "Class");
        var scale = context.Transforms.NormalizeMeanVariance("Features");
        var regression = context.Regression.Trainers;
        var binary = context.BinaryClassification.Trainers;
        var multiclass = context.MulticlassClassification.Trainers;
        var pipelines = new Dictionary<string, IEstimator<ITransformer>>
        {
            ["regression"] = scale.Append(regression.TorchMlp(Options())),
            ["linear"] = regression.TorchLinear(numberOfEpochs: 2),
            ["poisson"] = regression.TorchMlp(Options(o => (o.LabelColumnName, o.Loss) = ("Count", new PoissonLoss()))),
            ["vector"] = regression.TorchMlpVector(Options(o => o.LabelColumnName = "Labels")),
            ["quantiles"] = regression.TorchMlpVector(Options(o => o.Loss = new QuantileLoss(0.1, 0.5, 0.9))),
            ["tabular"] = regression.TorchTabular(Tabular()),
            ["tabular, shared members"] = binary.TorchTabular(Tabular(o => (o.LabelColumnName, o.SharedMembers, o.Folds) = ("Yes", 3, 0))),
            ["tabular, multiclass"] = key.Append(multiclass.TorchTabular(Tabular(o => o.Folds = 2))),
            ["binary"] = binary.TorchMlp(Options(o => o.LabelColumnName = "Yes")),
            ["hinge, calibrated"] = binary.TorchMlp(Options(o => (o.LabelColumnName, o.Loss) = ("Yes", new HingeLoss()))),
            ["multiclass"] = key.Append(multiclass.TorchMlp(Options())),
            ["one versus all"] = key.Append(multiclass.OneVersusAll(binary.TorchMlp(Options()))),
        };

        var expected = new List<string>();
        foreach ((string name, IEstimator<ITransformer> pipeline) in pipelines)
        {
            ITransformer model = pipeline.Fit(data);
            context.Model.Save(model, data.Schema, Path.Combine(folder, $"{name}.zip"));
            expected.AddRange(Bits(name, model.Transform(data)));
        }

        (int exitCode, string output) = ChildProgram.Run(LoadAndPredict, folder);
        exitCode.Should().Be(0, output);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[^1].Should().Be("loaded: Microsoft.ML.NeuralNetworks", "neither TorchSharp nor libtorch nor the trainers are needed");
        lines[..^1].Should().BeEquivalentTo(expected);
    }

    [TestMethod]
    public void Load_ModelsOfAnOwnModule_PredictTheSameBitsOnceItIsRegistered()
    {
        var context = new MLContext(seed: 1);
        IDataView data = MadeUp.View(context, 120);
        var pipelines = new Dictionary<string, IEstimator<ITransformer>>
        {
            ["regression"] = context.Transforms.NormalizeMeanVariance("Features").Append(context.Regression.Trainers.TorchModule(OwnNetwork.Options())),
            ["binary"] = context.BinaryClassification.Trainers.TorchModule(OwnNetwork.ModuleName, () => new OwnNetwork(), labelColumnName: "Yes", numberOfEpochs: 2),
        };
        var expected = new List<string>();
        foreach ((string name, IEstimator<ITransformer> pipeline) in pipelines)
        {
            ITransformer model = pipeline.Fit(data);
            context.Model.Save(model, data.Schema, Path.Combine(folder, $"{name}.zip"));
            expected.AddRange(Bits(name, model.Transform(data)));
        }

        (int exitCode, string output) = ChildProgram.Run(RegisterLoadAndPredict, folder);
        exitCode.Should().Be(0, output);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1].Should().BeEquivalentTo(expected);

        (exitCode, output) = ChildProgram.Run(LoadAndPredict, folder);
        exitCode.Should().NotBe(0);
        output.Should().Contain($"The module '{OwnNetwork.ModuleName}' must be registered before a model that uses it is loaded but is not. Call TorchModules.Register(");
    }

    private static int RegisterLoadAndPredict(string folder)
    {
        TorchModules.Register(OwnNetwork.ModuleName, () => new OwnNetwork());
        return LoadAndPredict(folder);
    }

    // Names ML.NET's types and those of this test, none of the library.
    private static int LoadAndPredict(string folder)
    {
        var context = new MLContext();
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            ITransformer model = context.Model.Load(path, out _);
            IDataView data = context.Data.LoadFromEnumerable(MadeUp.Rows(120));
            foreach (string line in Bits(Path.GetFileNameWithoutExtension(path), model.Transform(data))) Console.WriteLine(line);
        }
        IEnumerable<string> managed = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name!)
            .Where(name => name is "TorchSharp" or "Microsoft.ML.LrSchedules" or "Microsoft.ML.NeuralNetworks" or "Microsoft.ML.Trainers.Torch");
        IEnumerable<string> native = OperatingSystem.IsLinux() ? File.ReadLines("/proc/self/maps").Where(line => line.Contains("torch", StringComparison.OrdinalIgnoreCase) && line.EndsWith(".so", StringComparison.Ordinal)) : [];
        Console.WriteLine($"loaded: {string.Join(", ", managed.Concat(native))}");
        return 0;
    }

    private static IEnumerable<string> Bits(string name, IDataView scored)
    {
        foreach (string column in new[] { "Score", "Probability" })
        {
            if (scored.Schema.GetColumnOrNull(column) is not { } found) continue;
            IEnumerable<float[]> values = found.Type is VectorDataViewType ? scored.GetColumn<float[]>(column) : scored.GetColumn<float>(column).Select(value => new[] { value });
            yield return $"{name}, {column}: {string.Join(' ', values.SelectMany(row => row).Select(value => BitConverter.SingleToUInt32Bits(value).ToString("X8", CultureInfo.InvariantCulture)))}";
        }
    }

    private static TorchTabularOptions Tabular(Action<TorchTabularOptions>? change = null)
    {
        var options = new TorchTabularOptions { HiddenLayers = [8], NumberOfEpochs = 3, BatchSize = 16, Folds = 0, Seed = 1 };
        change?.Invoke(options);
        return options;
    }

    private static TorchMlpOptions Options(Action<TorchMlpOptions>? change = null)
    {
        var options = new TorchMlpOptions { HiddenLayers = [8], NumberOfEpochs = 3, BatchSize = 16, Optimizer = Optimizers.AdamW(0.01), Schedule = LrSchedule.Constant, Seed = 1 };
        change?.Invoke(options);
        return options;
    }
}
