using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>libtorch's autograd against the hand-written passes, on the whole network of the recipe.</summary>
[TestClass]
public sealed class TabularEngineTests
{
    [TestMethod]
    [DataRow(1, DisplayName = "regression")]
    [DataRow(3, DisplayName = "classes")]
    public void Engines_WholeNetwork_AgreeInLossAndGradient(int outputs)
    {
        TrainingData data = Tables.Data(
            Tables.Rows(80).Select((row, i) => ((float[])[.. row.Features, i % 7 == 0 ? float.NaN : i % 12], row.Value)),
            value => outputs == 1 ? value : value > 0.6f ? 2 : value > -0.2f ? 1 : 0);
        data.Features.Span[3] = float.NaN;
        LearningTask task = outputs == 1 ? LearningTask.Regression : LearningTask.MulticlassClassification;
        TorchTabularOptions options = Tables.Small(task, 80);
        var encoding = new TabularEncoding(data, new HashSet<int> { 5 }, options, () => { });
        Network network = TabularNetwork.Build(encoding, options, outputs);
        float[] weights = FirstWeights.Of(network, encoding, data, dataDriven: true, seed: 5);
        Loss loss = outputs == 1 ? new SquaredError() : new SoftmaxCrossEntropy();
        var settings = new StepSettings(7, DropoutScale: 0.8, LabelSmoothing: outputs == 1 ? null : 0.07);
        int[] rows = [.. Enumerable.Range(0, 80).Select(i => i * 31 % 80)];

        using var torch = new TorchEngine(network, loss, data, seed: 9, Device.Cpu);
        using var cpu = new CpuEngine(network, loss, data, seed: 9, threads: 1);
        weights.CopyTo(torch.Weights);
        weights.CopyTo(cpu.Weights);
        double expected = torch.ForwardBackward(rows, 1.0 / 80, accumulate: false, settings);
        double got = cpu.ForwardBackward(rows, 1.0 / 80, accumulate: false, settings);

        got.Should().BeApproximately(expected, 1e-5 * (1 + Math.Abs(expected)));
        foreach (ParameterSlot slot in network.Layout.Where(slot => slot.Spec.IsTrainable))
        {
            float[] one = slot.In(torch.Gradients.Span).ToArray(), other = slot.In(cpu.Gradients.Span).ToArray();
            float size = one.Max(Math.Abs) + 1e-6f;
            one.Zip(other, (a, b) => Math.Abs(a - b) / size).Max().Should().BeLessThan(1e-4f, slot.Spec.Name);
        }
    }

    [TestMethod]
    public void SoftmaxCrossEntropy_SmoothingOnASchedule_ValidatesWithout()
    {
        var scheduled = new SoftmaxCrossEntropy { LabelSmoothing = 0.1.Following(LrSchedule.Linear(TrainingSpan.Rest)) };
        float[] slopes = new float[3];
        scheduled.Evaluate([1, 2, 3], [2], slopes).Should().Be(new SoftmaxCrossEntropy().Evaluate([1, 2, 3], [2], slopes));
    }
}
