using Microsoft.ML.LrSchedules;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class OptimizerTextTests
{
    public static IEnumerable<object[]> Optimizers => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Parse_OfToString_IsEqual(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);

        Optimizer.Parse(optimizer.ToString()).Should().Be(optimizer);
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void FromJson_OfToJson_IsEqual(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);

        Optimizer.FromJson(optimizer.ToJson()).Should().Be(optimizer);
    }

    [TestMethod]
    public void Parse_ShortNames_SetTheProperties() =>
        Optimizer.Parse("AdamW(1e-2, wd=0.05, eps=1e-6, beta1=0.8)").Should().Be(Torch.Optimizers.AdamW(1e-2, 0.05, beta1: 0.8, epsilon: 1e-6));

    [TestMethod]
    public void Parse_ScheduledMomentum_IsRead() =>
        Optimizer.Parse("sgd(lr=0.1, momentum=0.9 * linear(10%, to=0.5))").Should().Be(
            Torch.Optimizers.Sgd(0.1) with { Momentum = 0.9.Following(LrSchedule.Parse("linear(10%, to=0.5)")) });

    [TestMethod]
    public void ToString_OfAdamW_IsShort() => Torch.Optimizers.AdamW(1e-3, weightDecay: 0.05).ToString().Should().Be("adamw(lr=0.001, wd=0.05)");

    [TestMethod]
    public void ToJson_OfAdamW_IsShort() => Torch.Optimizers.AdamW(1e-3, weightDecay: 0.05).ToJson()
        .Should().Be("""{"version":1,"optimizer":"adamw","learningRate":0.001,"weightDecay":0.05}""");

    [TestMethod]
    [DataRow("", "needs an optimizer*character 1:")]
    [DataRow("adamx", "unknown optimizer 'adamx' (known: *adamw*character 1:")]
    [DataRow("adamw(rate=1)", "unknown argument 'rate' (known: lr, wd, *character 7:")]
    [DataRow("adamw(lr=1e-3, lr=2)", "'lr' twice at character 16:")]
    [DataRow("adamw(1, 2)", "only the first argument may be unnamed at character 10:")]
    [DataRow("adamw(lr=fast)", "needs a number but has 'fast' at character 10:")]
    [DataRow("adamw(lr=-1)", "LearningRate must be a finite number of at least 0 but was -1.*character 10:")]
    [DataRow("adamw(lr=NaN)", "needs a number*character 10:")]
    [DataRow("adamw(beta2=1)", "Beta2 must be at least 0 and below 1 but was 1.*character 13:")]
    [DataRow("sgd(nesterov=yes)", "needs true or false*character 14:")]
    [DataRow("muon(coefficients=best)", "needs one of original, quintic*character 19:")]
    [DataRow("soap(frequency=2.5)", "needs a whole number*character 16:")]
    [DataRow("adamw(lr=1", "ends where ')' is needed at character 11:")]
    [DataRow("adamw(lr=)", "needs a value at character 10:")]
    [DataRow("adamw(lr=1) x", "unexpected 'x' at character 13:")]
    [DataRow("sgd(momentum=0.9 * swoop)", "schedule that cannot be read*character 19:")]
    [DataRow("sgd(averaging=mean)", "needs ema(...), swa(...) or none*character 15:")]
    [DataRow("sgd(averaging=ema(2))", "decay must be at least 0 and below 1*character 15:")]
    public void Parse_WrongText_PointsAtTheCharacter(string text, string message)
    {
        Action parse = () => Optimizer.Parse(text);

        parse.Should().Throw<FormatException>().WithMessage("The optimizer text *" + message + "*");
    }

    [TestMethod]
    [DataRow("[]", "must be an object")]
    [DataRow("{", "not JSON")]
    [DataRow("""{"version":2,"optimizer":"adamw"}""", "must have \"version\": 1")]
    [DataRow("""{"version":1}""", "must have an \"optimizer\"")]
    [DataRow("""{"version":1,"optimizer":"adamx"}""", "unknown optimizer 'adamx'")]
    [DataRow("""{"version":1,"optimizer":"adamw","lr":1}""", "unknown property 'lr' (known: learningRate, ")]
    [DataRow("""{"version":1,"optimizer":"adamw","beta2":7}""", "wrong value for 'beta2': Beta2 must be at least 0 and below 1 but was 7.")]
    [DataRow("""{"version":1,"optimizer":"adamw","beta2":"x"}""", "wrong value for 'beta2'")]
    [DataRow("""{"version":1,"optimizer":"adamw","beta2":0.9,"beta2":0.8}""", "not JSON")]
    public void FromJson_WrongJson_SaysWhatIsWrong(string json, string message)
    {
        Action parse = () => Optimizer.FromJson(json);

        parse.Should().Throw<FormatException>().WithMessage("*" + message + "*");
    }
}
