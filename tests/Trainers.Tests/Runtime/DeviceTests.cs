using Microsoft.ML;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;

namespace Trainers.Tests.Runtime;

[TestClass]
public sealed class DeviceTests
{
    [TestMethod]
    [DataRow("auto")]
    [DataRow("cpu")]
    [DataRow("cuda:0")]
    [DataRow("cuda:7")]
    public void Parse_TextForm_RoundTrips(string text) => Device.Parse(text).ToString().Should().Be(text);

    [TestMethod]
    public void Parse_CudaAlone_IsTheFirstGpu() => Device.Parse("cuda").Should().Be(Device.Cuda(0)).And.NotBe(Device.Cuda(1));

    [TestMethod]
    [DataRow("")]
    [DataRow("gpu")]
    [DataRow("CUDA")]
    [DataRow("cuda:")]
    [DataRow("cuda:-1")]
    [DataRow("cuda: 1")]
    [DataRow("cuda:99999999999")]
    public void Parse_AnythingElse_SaysWhatIsAllowed(string text)
    {
        Action act = () => Device.Parse(text);
        act.Should().Throw<FormatException>().WithMessage($"device must be auto, cpu, cuda or cuda:N but was '{text}'. The first GPU is cuda:0.");
    }

    [TestMethod]
    public void Cuda_NegativeIndex_IsRefused()
    {
        Action act = () => Device.Cuda(-1);
        act.Should().Throw<ArgumentOutOfRangeException>().WithMessage("index must be 0 or more but was -1. The first GPU is 0.*");
    }

    [TestMethod]
    [DataRow("auto", null, true, true, "cpu")]
    [DataRow("auto", null, true, false, "cpu")]
    [DataRow("auto", 1, true, true, "cuda:1")]
    [DataRow("auto", 1, false, true, "cuda:1")]
    [DataRow("auto", 1, true, false, "cpu")]
    [DataRow("cpu", 1, false, false, "cpu")]
    [DataRow("cuda:0", 1, true, true, "cuda:0")]
    public void Resolve_OptionAndContext_GiveTheDevice(string option, int? gpuDeviceId, bool fallbackToCpu, bool usable, string expected)
    {
        List<string> log = [];

        Device device = DeviceChoice.Resolve(Device.Parse(option), gpuDeviceId, fallbackToCpu, _ => usable ? null : "it is out.", log.Add);

        device.Should().Be(Device.Parse(expected));
        log.Should().HaveCount(option == "auto" && gpuDeviceId is not null && !usable ? 1 : 0, "a fallback is never silent");
    }

    [TestMethod]
    public void Resolve_UnusableGpuWithoutLeaveToFallBack_SaysWhy()
    {
        Action context = () => DeviceChoice.Resolve(Device.Auto, 1, fallbackToCpu: false, _ => "it is out.", log: null);
        context.Should().Throw<InvalidOperationException>().WithMessage("The GPU 1 of MLContext.GpuDeviceId cannot be used: it is out. Set MLContext.FallbackToCpu to train on the CPU instead.");

        Action option = () => DeviceChoice.Resolve(Device.Cuda(2), null, fallbackToCpu: true, _ => "it is out.", log: null);
        option.Should().Throw<InvalidOperationException>().WithMessage("Device cuda:2 cannot be used: it is out. Choose Device.Cpu, *");
    }

    [TestMethod]
    public void Resolve_RealContextWithCpuLibtorch_FallsBackOnlyWhereAllowed()
    {
        if (Libtorch.EnsureLoaded().HasCuda) Assert.Inconclusive("This test is about the CPU build of libtorch.");
        var context = new MLContext { GpuDeviceId = 0, FallbackToCpu = true };
        List<string> log = [];

        ContextDevice.Resolve(Device.Auto, context, log.Add).Should().Be(Device.Cpu);

        log.Should().ContainSingle().Which.Should().Contain("add the package TorchSharp-cuda-");
        context.FallbackToCpu = false;
        Action act = () => ContextDevice.Resolve(Device.Auto, context);
        act.Should().Throw<InvalidOperationException>().WithMessage("*MLContext.GpuDeviceId*");
        ContextDevice.Resolve(Device.Cpu, context).Should().Be(Device.Cpu);
    }

    [TestMethod]
    public void ToTorch_ResolvedDevice_IsTorchSharpsValue()
    {
        Device.Cpu.ToTorch().type.Should().Be(DeviceType.CPU);
        Device.Cuda(3).ToTorch().ToString().Should().Be("cuda:3");
    }
}
