using System.Text;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;
using static TorchSharp.torch;

namespace Trainers.Tests.Runtime;

[TestClass]
public sealed class HiddenCachesTests
{
    [TestMethod]
    [DataRow("AuthenticAMD", 0x80000021u, 0, true, DisplayName = "AMD without sizes")]
    [DataRow("AuthenticAMD", 0x80000021u, 0x00000121, false, DisplayName = "AMD with sizes")]
    [DataRow("AuthenticAMD", 0x80000008u, 0, false, DisplayName = "AMD that does not know the question")]
    [DataRow("GenuineIntel", 0x80000008u, 0, false, DisplayName = "Intel")]
    public void AreHidden_RegistersOfProcessors_SaySo(string vendor, uint leaves, int firstCache, bool hidden)
    {
        byte[] name = Encoding.ASCII.GetBytes(vendor);
        HiddenCaches.AreHidden((leaf, _) => (uint)leaf switch
        {
            0 => (0x10, BitConverter.ToInt32(name, 0), BitConverter.ToInt32(name, 8), BitConverter.ToInt32(name, 4)),
            0x80000000 => ((int)leaves, 0, 0, 0),
            0x8000001D => (firstCache, 0, 0, 0),
            _ => default,
        }).Should().Be(hidden);
    }

    [TestMethod]
    [DataRow(3, 4, 5, 1, 2, 1, 2)]
    [DataRow(3, 4, 5, 8, 8, 3, 3)]
    [DataRow(8, 4, 5, 2, 1, 2, 1)]
    public void Convolution_ChannelsThatDoNotFillAVector_HasTheGradientsOfDoublePrecision(int rows, int inputs, int outputs, int height, int width, int kernelHeight, int kernelWidth)
    {
        Libtorch.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor x = randn([rows, inputs, height, width], ScalarType.Float64, generator: generator), weights = randn([outputs, inputs, kernelHeight, kernelWidth], ScalarType.Float64, generator: generator);
        (Tensor ofInputs, Tensor ofWeights) = Gradients(ScalarType.Float32);
        (Tensor exactOfInputs, Tensor exactOfWeights) = Gradients(ScalarType.Float64);
        (ofInputs.to(ScalarType.Float64) - exactOfInputs).abs().max().item<double>().Should().BeLessThan(1e-4);
        (ofWeights.to(ScalarType.Float64) - exactOfWeights).abs().max().item<double>().Should().BeLessThan(1e-4);

        (Tensor OfInputs, Tensor OfWeights) Gradients(ScalarType type)
        {
            Tensor a = x.to(type).detach().clone().requires_grad_(true), w = weights.to(type).detach().clone().requires_grad_(true);
            nn.functional.conv2d(a, w).tanh().sum().backward();
            return (a.grad!, w.grad!);
        }
    }
}
