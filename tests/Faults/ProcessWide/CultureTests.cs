using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Faults.ProcessWide;

/// <summary>Decimal commas, other minus signs and Turkish letters change nothing that a run writes.</summary>
[TestClass]
public sealed class CultureTests
{
    [TestMethod]
    [DataRow("tr-TR")]
    [DataRow("ar-SA")]
    [DataRow("de-DE")]
    public void Train_UnderAnotherCulture_WritesTheSameTexts(string culture)
    {
        string invariant = Under(CultureInfo.InvariantCulture, Written), other = Under(CultureInfo.GetCultureInfo(culture), Written);
        other.Should().Be(invariant);
    }

    [TestMethod]
    [DataRow("tr-TR")]
    [DataRow("ar-SA")]
    [DataRow("de-DE")]
    public void Resume_UnderAnotherCulture_IsTheSameRun(string culture)
    {
        string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;
        try
        {
            TorchMlpOptions options = Options();
            options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 13, KeepLast = 9 };
            float[] whole = Under(CultureInfo.InvariantCulture, () => Fit(options).Model.Network.Weights().ToArray());
            options.Checkpoints = null;
            options.ResumeFrom = CheckpointFolder.Files(folder)[^1];
            Under(CultureInfo.GetCultureInfo(culture), () => Fit(options).Model.Network.Weights().ToArray()).Should().Equal(whole);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TorchMlpOptions Options()
    {
        TorchMlpOptions options = EngineRun.Options(epochs: 4.5);
        options.ValidationFraction = 0.25;
        options.Plateau = new ReduceOnPlateau { Patience = 1 };
        options.EarlyStopping = new EarlyStopping { MinimumDelta = 0.0001 };
        options.ParameterGroups = [new ParameterGroup("output.*") { LearningRate = 0.0025 }];
        return options;
    }

    private static string Written()
    {
        string folder = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;
        try
        {
            var text = new StringBuilder();
            TorchMlpOptions options = Options();
            options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 7, KeepLast = 99 };
            var model = Fit(options).Model;
            foreach (string file in CheckpointFolder.Files(folder))
            {
                Checkpoint checkpoint = CheckpointFile.Read(file);
                text.AppendLine(Path.GetFileName(file));
                foreach (string name in checkpoint.TextNames) text.AppendLine($"{name}: {WithoutTimes(name, checkpoint.Text(name))}");
                foreach (var tensor in checkpoint.Tensors) text.AppendLine($"{tensor.Name} {Convert.ToHexString(tensor.Data.Span)}");
            }
            foreach (var epoch in model.History!.Epochs) text.AppendLine((epoch with { Seconds = 0, RowsPerSecond = 0 }).TrainingLoss.ToString("R", CultureInfo.InvariantCulture));
            string[] columns = [.. model.History.ToCsv().Split('\n')[^2].Split(',')];
            text.AppendLine($"{columns.Length} columns");
            text.AppendLine(options.Schedule.ToString()).AppendLine(LrSchedule.Parse(options.Schedule.ToString()).ToString()).AppendLine(options.Schedule.ToJson());
            try
            {
                options.BatchSize = -1;
            }
            catch (ArgumentOutOfRangeException error)
            {
                text.AppendLine(error.Message);
            }
            return text.ToString();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Times differ from run to run, but must be numbers for every reader.
    private static string WithoutTimes(string name, string text)
    {
        if (name.Contains("seconds", StringComparison.Ordinal)) return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) >= 0 ? "a time" : "no time";
        if (name != "history") return text;
        JsonNode history = JsonNode.Parse(text)!;
        foreach (JsonNode? epoch in history["Epochs"]!.AsArray())
        {
            epoch!["Seconds"] = 0;
            epoch["RowsPerSecond"] = 0;
        }
        return history.ToJsonString();
    }

    private static Microsoft.ML.Data.RegressionPredictionTransformer<Microsoft.ML.NeuralNetworks.NetworkRegressionModelParameters> Fit(TorchMlpOptions options)
    {
        var context = new MLContext(seed: 1);
        return context.Regression.Trainers.TorchMlp(options).Fit(MadeUp.View(context, 100));
    }

    private static T Under<T>(CultureInfo culture, Func<T> work)
    {
        CultureInfo before = CultureInfo.CurrentCulture, beforeText = CultureInfo.CurrentUICulture;
        (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, culture);
        try
        {
            return work();
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (before, beforeText);
        }
    }
}
