using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Data;

[TestClass]
public sealed class RowMemoryTests
{
    private const int Large = 1 << 21;

    [TestMethod]
    [DataRow(1)]
    [DataRow(Large - 1)]
    [DataRow(Large)]
    public unsafe void Allocate_AnySize_IsAlignedAndKeepsWhatIsWritten(int length)
    {
        using var memory = new RowMemory();
        Memory<float> rows = memory.Allocate(length);
        rows.Length.Should().Be(length);
        fixed (float* first = rows.Span) ((nuint)first % 64).Should().Be(0);
        for (int i = 0; i < length; i++) rows.Span[i] = i;
        rows.Span[length - 1].Should().Be(length - 1);
    }

    [TestMethod]
    public void Dispose_LargeBlock_IsGivenBack()
    {
        var memory = new RowMemory();
        Memory<float> rows = memory.Allocate(Large);
        memory.Dispose();
        memory.Dispose();
        FluentActions.Invoking(() => rows.Span[0]).Should().Throw<ObjectDisposedException>().WithMessage("*before their fit ends*");
    }

    [TestMethod]
    public void Fit_ManyRows_AllocatesNoArrayForThem()
    {
        var context = new MLContext(seed: 1);
        IDataView view = context.Data.LoadFromEnumerable(Samples(100_000));
        var trainer = context.Regression.Trainers.TorchLinear(numberOfEpochs: 1);
        trainer.Fit(view);
        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Fit(view);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(4_000_000, "the 8.8 MB of features are no array");
    }

    [TestMethod]
    public void Engines_RowsInNativeMemory_ComputeAsWithArrays()
    {
        using var memory = new RowMemory();
        TrainingData arrays = Cases.Data(rows: 100_000, columns: 22);
        TrainingData native = arrays with { Features = memory.Allocate(arrays.Features.Length) };
        arrays.Features.CopyTo(native.Features);
        Network network = Cases.Mlp(ActivationFunction.Relu, 22, 8, 1);
        int[] rows = Cases.Rows(64, arrays.Rows);
        foreach (Func<TrainingData, Engine> make in new Func<TrainingData, Engine>[]
        {
            data => new CpuEngine(network, new SquaredError(), data),
            data => new TorchEngine(network, new SquaredError(), data, seed: 1, Device.Cpu),
        })
        {
            using Engine one = Cases.WithWeights(make(arrays)), other = Cases.WithWeights(make(native));
            double loss = one.ForwardBackward(rows, 1.0 / 64, accumulate: false, new StepSettings(0));
            other.ForwardBackward(rows, 1.0 / 64, accumulate: false, new StepSettings(0)).Should().Be(loss);
            other.Gradients.ToArray().Should().Equal(one.Gradients.ToArray());
        }
    }

    private static float Value(int row, int column) => MathF.Sin(row * 0.1f + column);

    private static List<WideRow> Samples(int rows) =>
        [.. Enumerable.Range(0, rows).Select(row => new WideRow { Features = [.. Enumerable.Range(0, 22).Select(column => Value(row, column))], Label = Value(row, 3) })];

    private sealed class WideRow
    {
        public float Label;
        [VectorType(22)] public float[] Features = [];
    }
}
