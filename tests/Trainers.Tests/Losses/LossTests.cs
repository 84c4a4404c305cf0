using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using static TorchSharp.torch;

namespace Trainers.Tests.Losses;

/// <summary>Every loss: its gradient against finite differences, and its torch twin against it.</summary>
[TestClass]
public sealed class LossTests
{
    public static IEnumerable<object[]> Cases() =>
    [
        [new SquaredError(), new float[] { 1.5f }, new float[] { -0.25f }],
        [new SquaredError(), new float[] { 1.5f, 0.5f, -2f }, new float[] { -0.25f, 0.5f, 1f }],
        [new AbsoluteError(), new float[] { 1.5f, 0.25f }, new float[] { -0.25f, 2f }],
        [new HuberLoss(), new float[] { 1.5f, 0.25f }, new float[] { -0.25f, 0.5f }],
        [new HuberLoss(0.3), new float[] { 1.5f }, new float[] { 1.25f }],
        [new LogCoshLoss(), new float[] { 1.5f, 0.25f, 40f }, new float[] { -0.25f, 0.5f, -40f }],
        [new QuantileLoss(0.1, 0.5, 0.9), new float[] { 1.5f, 0.25f, -3f }, new float[] { 0.75f }],
        [new PoissonLoss(), new float[] { 0.5f }, new float[] { 3 }],
        [new PoissonLoss(), new float[] { 0.5f }, new float[] { 0 }],
        [new GammaLoss(), new float[] { 0.5f }, new float[] { 2.5f }],
        [new TweedieLoss(1.3), new float[] { 0.5f }, new float[] { 2.5f }],
        [new TweedieLoss(1.7), new float[] { -0.5f }, new float[] { 0 }],
        [new HingeLoss(), new float[] { 0.75f }, new float[] { 1 }],
        [new HingeLoss(), new float[] { 1.75f }, new float[] { 1 }],
        [new HingeLoss(), new float[] { -0.75f }, new float[] { 0 }],
        [new FocalLoss(), new float[] { 0.75f }, new float[] { 1 }],
        [new FocalLoss(0.5), new float[] { -2.75f }, new float[] { 0 }],
        [new FocalLoss(0), new float[] { -2.75f }, new float[] { 1 }],
        [new FocalLoss(), new float[] { 0.3f, -1f, 2f, 0f }, new float[] { 0 }],
        [new FocalLoss(1.5), new float[] { 0.3f, -1f, 2f, 0f }, new float[] { 2 }],
        [new SoftmaxCrossEntropy { LabelSmoothing = 0.1 }, new float[] { 0.3f, -1f, 2f, 0f }, new float[] { 3 }],
        [new LogisticLoss(), new float[] { 0.75f }, new float[] { 1 }],
        [new LogisticLoss(), new float[] { -30f }, new float[] { 1 }],
        [new LogisticLoss(), new float[] { 30f }, new float[] { 1 }],
        [new LogisticLoss(), new float[] { 0.75f }, new float[] { 0 }],
        [new SoftmaxCrossEntropy(), new float[] { 0.3f, -1f, 2f, 0f }, new float[] { 2 }],
        [new SoftmaxCrossEntropy(), new float[] { 300f, -100f, 2f }, new float[] { 1 }],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Evaluate_Gradient_EqualsFiniteDifferences(Loss loss, float[] outputs, float[] label)
    {
        var gradient = new float[outputs.Length];
        var unused = new float[outputs.Length];
        loss.Evaluate(outputs, label, gradient);
        for (int i = 0; i < outputs.Length; i++)
        {
            float original = outputs[i], h = 1f / 256;
            outputs[i] = original + h;
            double above = loss.Evaluate(outputs, label, unused);
            outputs[i] = original - h;
            double below = loss.Evaluate(outputs, label, unused);
            outputs[i] = original;
            gradient[i].Should().BeApproximately((float)((above - below) / (2 * h)), 1e-4f);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void PerRow_InTorch_EqualsEvaluate(Loss loss, float[] outputs, float[] label)
    {
        Libtorch.EnsureLoaded();
        using var scope = NewDisposeScope();
        var gradient = new float[outputs.Length];
        double expected = loss.Evaluate(outputs, label, gradient);
        Tensor scores = tensor(outputs).view(1, -1).clone().requires_grad_(true);
        Tensor value = TorchLosses.PerRow(loss, scores, tensor(label).view(1, -1));
        value.shape.Should().Equal(1);
        value.item<float>().Should().BeApproximately((float)expected, 1e-5f * (float)(1 + Math.Abs(expected)));
        value.sum().backward();
        float[] torchGradient = scores.grad!.data<float>().ToArray();
        for (int i = 0; i < gradient.Length; i++) torchGradient[i].Should().BeApproximately(gradient[i], 1e-5f);
    }
}
