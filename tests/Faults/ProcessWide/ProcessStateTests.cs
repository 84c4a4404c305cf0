using System.Globalization;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;
using TorchSharp;

namespace Faults.ProcessWide;

/// <summary>A fit leaves everything as it was that belongs to the whole process. In a process of its own: other tests use libtorch too.</summary>
[TestClass]
public sealed class ProcessStateTests
{
    [TestMethod]
    public void FitAndPredict_BothEngines_ProcessStateIsAsBefore()
    {
        (int exitCode, string output) = ChildProgram.Run(TrainAndCompare);
        exitCode.Should().Be(0, output);
    }

    private static int TrainAndCompare(string argument)
    {
        Libtorch.EnsureLoaded();
        torch.set_num_threads(3);
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        string before = State();
        using IDisposable noGradient = torch.no_grad();
        string beforeInside = State();

        EngineRun.Train(EngineRun.Libtorch, MadeUp.Data(100), EngineRun.Options());
        var context = new MLContext(seed: 1);
        IDataView data = MadeUp.View(context, 100);
        ITransformer model = context.Regression.Trainers.TorchMlp(EngineRun.Options()).Fit(data);
        _ = model.Transform(data).GetColumn<float>("Score").ToArray();

        string afterInside = State();
        noGradient.Dispose();
        string after = State();
        if (after == before && afterInside == beforeInside && before != beforeInside) return 0;
        Console.WriteLine($"{before}\n{after}\n{beforeInside}\n{afterInside}");
        return 1;
    }

    private static string State()
    {
        using torch.Tensor generator = torch.random.get_rng_state();
        string random = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(generator.bytes));
        return $"threads {torch.get_num_threads()}, gradients {torch.is_grad_enabled()}, generator {random}, "
            + $"culture {CultureInfo.CurrentCulture.Name} {CultureInfo.DefaultThreadCurrentCulture?.Name}, folder {Directory.GetCurrentDirectory()}, default type {torch.get_default_dtype()}";
    }
}
