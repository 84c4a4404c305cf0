using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Space;

[TestClass]
public sealed class SearchSpaceOfOptionsTests
{
    public enum Kind { Constant, Wsd }

    public sealed class ScheduleOptions
    {
        public Kind Kind { get; set; }
        public double DecayFraction { get; set; } = 0.1;
    }

    public sealed class Options
    {
        public ScheduleOptions Schedule { get; } = new();
        public float LearningRate { get; set; } = 0.01f;
        public int? Width { get; set; } = 64;
        public string Activation { get; set; } = "relu";
        public object? Optimizer { get; set; }
    }

    private static readonly SearchSpace<Options> space = SearchSpace.For<Options>()
        .LogFloat(o => o.LearningRate, 1e-5, 1)
        .LogInt(o => o.Width, 16, 512)
        .Choice(o => o.Activation, "relu", "selu")
        .Choice(o => o.Schedule.Kind, Kind.Constant, Kind.Wsd)
        .When(o => o.Schedule.Kind, Kind.Wsd, then => then.Float(o => o.Schedule.DecayFraction, 0.05, 0.6))
        .Choice(o => o.Optimizer, ("none", null), ("one", "first"))
        .Named(parameters => parameters.Float("momentum", 0, 1))
        .Apply((o, c) => o.Optimizer = $"{o.Optimizer}/{c.Float("momentum")}");

    [TestMethod]
    public void Create_AnyConfiguration_SetsPropertiesByPath()
    {
        Configuration c = Configuration.Parse("learningRate=0.5; width=100; activation=selu; schedule.kind=Wsd; schedule.decayFraction=0.25; optimizer=one; momentum=0.75", space.Parameters);
        Options options = space.Create(c);
        options.LearningRate.Should().Be(0.5f);
        options.Width.Should().Be(100);
        options.Activation.Should().Be("selu");
        options.Schedule.Kind.Should().Be(Kind.Wsd);
        options.Schedule.DecayFraction.Should().Be(0.25);
        options.Optimizer.Should().Be("first/0.75");
    }

    [TestMethod]
    public void Create_InactiveParameter_LeavesTheDefault() =>
        space.Create(Configuration.Parse("schedule.kind=Constant; optimizer=none; momentum=0", space.Parameters)).Schedule.DecayFraction.Should().Be(0.1);

    [TestMethod]
    public void Start_FromOptions_ReadsTheirValues()
    {
        var options = new Options { Activation = "selu" };
        options.Schedule.Kind = Kind.Wsd;
        Configuration start = space.Start(options).Parameters.Starts.Single();
        start.ToString().Should().Be("learningRate=0.009999999776482582; width=64; activation=selu; schedule.kind=Wsd; schedule.decayFraction=0.1; optimizer=none");
    }

    [TestMethod]
    public void Choice_NotASettableProperty_Throws() =>
        FluentActions.Invoking(() => space.Choice(o => o.ToString(), "a")).Should().Throw<ArgumentException>().WithMessage("*settable property*");

    [TestMethod]
    public void When_ValueThatIsNotChosenFrom_Throws() =>
        FluentActions.Invoking(() => space.When(o => o.Activation, "gelu", then => then)).Should().Throw<ArgumentException>().WithMessage("*earlier choice*");
}
