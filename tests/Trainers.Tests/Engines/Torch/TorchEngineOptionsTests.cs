using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Torch;

/// <summary>Threads and precision of libtorch's engine. Threads are set for a whole process: nothing else runs beside.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TorchEngineOptionsTests
{
    private static readonly TrainingData Data = Cases.Data(120, 6);
    private static readonly Network Wide = Cases.Mlp(ActivationFunction.Gelu, 6, 64, 64, 1);

    [TestMethod]
    public void Engine_Threads_AreLibtorchsWhileItLives()
    {
        Libtorch.EnsureLoaded();
        int before = torch.get_num_threads();

        using (new TorchEngine(Wide, new SquaredError(), Data, 1, Device.Cpu, threads: before + 2)) torch.get_num_threads().Should().Be(before + 2);
        torch.get_num_threads().Should().Be(before);
        using (new TorchEngine(Wide, new SquaredError(), Data, 1, Device.Cpu)) torch.get_num_threads().Should().Be(before);
    }

    [TestMethod]
    public void Engine_TensorFloat32_IsSwitchedOnWhileItLives()
    {
        Libtorch.EnsureLoaded();

        using (new TorchEngine(Wide, new SquaredError(), Data, 1, Device.Cpu, precision: MatrixPrecision.TensorFloat32)) torch.backends.cuda.matmul.allow_tf32.Should().BeTrue();
        torch.backends.cuda.matmul.allow_tf32.Should().BeFalse();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ForwardBackward_BFloat16_IsCloseToSingleButRounded(bool embedded)
    {
        Network network = embedded ? Embedded() : Wide;
        using TorchEngine single = Cases.WithWeights(new TorchEngine(network, new SquaredError(), Data, 1, Device.Cpu));
        using TorchEngine rounded = Cases.WithWeights(new TorchEngine(network, new SquaredError(), Data, 1, Device.Cpu, precision: MatrixPrecision.BFloat16));
        int[] rows = Cases.Rows(64, 120);

        double loss = single.ForwardBackward(rows, 1.0 / 64, accumulate: false, new StepSettings(0));
        double roundedLoss = rounded.ForwardBackward(rows, 1.0 / 64, accumulate: false, new StepSettings(0));

        roundedLoss.Should().NotBe(loss).And.BeApproximately(loss, 0.01 * loss);
        // A factor is off by 2^-9 at most, and such errors largely cancel in a sum.
        double distance = Distance(single.Gradients.ToArray(), rounded.Gradients.ToArray());
        distance.Should().BeInRange(1e-5, 1e-2);
    }

    [TestMethod]
    public void Predict_BFloat16_IsSinglePrecision()
    {
        using TorchEngine single = Cases.WithWeights(new TorchEngine(Wide, new SquaredError(), Data, 1, Device.Cpu));
        using TorchEngine rounded = Cases.WithWeights(new TorchEngine(Wide, new SquaredError(), Data, 1, Device.Cpu, precision: MatrixPrecision.BFloat16));
        float[] expected = new float[50], got = new float[50];

        single.Predict(Data, 10, 50, expected);
        rounded.Predict(Data, 10, 50, got);

        got.Should().Equal(expected);
    }

    [TestMethod]
    public void Run_BFloat16_LearnsAsSingleDoes()
    {
        double single = LastLoss(MatrixPrecision.Single), rounded = LastLoss(MatrixPrecision.BFloat16);

        rounded.Should().BeApproximately(single, 0.1 * single).And.NotBe(single);

        static double LastLoss(MatrixPrecision precision)
        {
            TrainingData data = Cases.Data(200, 6);
            for (int row = 0; row < data.Rows; row++) data.Labels.Span[row] = data.Features.Span[row * 6] * data.Features.Span[row * 6 + 1] + data.Features.Span[row * 6 + 2];
            var options = new TorchMlpOptions { BatchSize = 20, NumberOfEpochs = 8, Optimizer = global::Microsoft.ML.Trainers.Torch.Optimizers.AdamW(0.01) };
            using var engine = new TorchEngine(Wide, new SquaredError(), data, 1, Device.Cpu, threads: 1, precision: precision);
            return TrainedNetwork.Train(engine, null, options, seed: 1, firstWeights: null, new RunWatcher(default, () => { }, [], _ => { })).History.Epochs[^1].TrainingLoss;
        }
    }

    [TestMethod]
    [DataRow(MatrixPrecision.Single, typeof(CpuEngine), "Engine: managed, on the CPU.")]
    [DataRow(MatrixPrecision.TensorFloat32, typeof(CpuEngine), "Engine: managed, on the CPU.")]
    [DataRow(MatrixPrecision.BFloat16, typeof(TorchEngine), "Engine: libtorch on the CPU. The CPU engine does not round to bf16.")]
    public void Create_OnTheCpu_TakesTheEngineThatCan(MatrixPrecision precision, Type expected, string remark)
    {
        List<string> said = [];

        using Engine engine = EngineChoice.Create(Wide, new SquaredError(), Data, Device.Cpu, threads: 1, precision, seed: 1, said.Add);

        engine.Should().BeOfType(expected);
        said.Should().Contain(remark);
    }

    [TestMethod]
    public void Run_OnADevice_LeavesNoTensors() => LeavesNoTensors("adamw(0.01, averaging=ema(0.9))");

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("lamb(0.01)")]
    [DataRow("muon(0.01)")]
    public void Run_OnADeviceOtherOptimizers_LeavesNoTensors(string optimizer) => LeavesNoTensors(optimizer);

    private static void LeavesNoTensors(string optimizer)
    {
        var options = new TorchMlpOptions
        {
            BatchSize = 20, NumberOfEpochs = 2, Optimizer = Optimizer.Parse(optimizer), GradientClipping = new GradientClipping { Norm = 0.1 }, EarlyStopping = new EarlyStopping(),
        };
        Once();
        // What other tests have left to the finalizers must not go meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = torch.Tensor.TotalCount;

        for (int i = 0; i < 3; i++) Once();

        torch.Tensor.TotalCount.Should().Be(before);

        void Once()
        {
            using var engine = new TorchEngine(Wide, new SquaredError(), Data, 1, Device.Cpu, threads: 1, mirrored: true);
            TrainedNetwork.Train(engine, Cases.Data(30, 6, seed: 2), options, seed: 1, firstWeights: null, new RunWatcher(default, () => { }, [], _ => { }));
        }
    }

    [TestMethod]
    public void Fit_FirstUseOfLibtorch_IsLogged()
    {
        (int exitCode, string output) = global::MlNetLr.Tests.ChildProgram.Run(FitAndPrintTheLog);

        exitCode.Should().Be(0, output);
        output.Should().Contain("libtorch loaded from '").And.Contain("Engine: libtorch on the CPU.");
    }

    [TestMethod]
    public void MatrixPrecision_OfNoKind_IsRefused()
    {
        Action set = () => new TorchMlpOptions { MatrixPrecision = (MatrixPrecision)7 };

        set.Should().Throw<ArgumentOutOfRangeException>().WithMessage("MatrixPrecision must be one of Single, TensorFloat32, BFloat16 but was 7.*");
    }

    private static int FitAndPrintTheLog(string argument)
    {
        var context = new MLContext(seed: 1);
        context.Log += (_, message) => Console.WriteLine(message.Message);
        IDataView rows = context.Data.LoadFromEnumerable(global::Trainers.Tests.Estimators.Samples.Linear(50));
        context.Regression.Trainers.TorchMlp(new TorchMlpOptions { HiddenLayers = [4], NumberOfEpochs = 1, MatrixPrecision = MatrixPrecision.BFloat16 }).Fit(rows);
        return 0;
    }

    private static Network Embedded()
    {
        var embedding = new NumericEmbedding("e", 6, [0, 2, 3], bins: 0, frequencies: 4, width: 3);
        return new Network([embedding, new Dense("a", embedding.Outputs, 32), new Activation("b", 32, ActivationFunction.Relu), new Dense("c", 32, 1)]);
    }

    private static double Distance(float[] truth, float[] got) =>
        Math.Sqrt(truth.Zip(got, (a, b) => Math.Pow(a - b, 2)).Sum() / truth.Sum(weight => Math.Pow(weight, 2)));
}
