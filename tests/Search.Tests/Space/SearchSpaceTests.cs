using CsCheck;
using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Space;

[TestClass]
public sealed class SearchSpaceTests
{
    internal static readonly SearchSpace Mixed = SearchSpace.Empty
        .Choice("optimizer", "sgd", "adamw")
        .LogFloat("rate", 1e-5, 1)
        .Int("layers", 1, 4)
        .LogInt("width", 16, 512)
        .Int("batch", 32, 256, step: 32)
        .Choice("schedule", "constant", "cosine", "wsd")
        .When("schedule", "wsd", space => space
            .Float("decay", 0.05, 0.6)
            .Choice("shape", "linear", "sqrt")
            .When("shape", "sqrt", inner => inner.Float("power", 0.1, 1)))
        .When("optimizer", "sgd", space => space.Float("momentum", 0, 0.99));

    [TestMethod]
    public void Fill_AnySeed_SetsExactlyTheActiveParametersInsideTheirRanges() =>
        Gen.Long.Sample(seed =>
        {
            Configuration c = Samplers.Random(seed).Propose(new StudyView(Mixed, false, []), 3, null)!.Configuration;
            c.Has("momentum").Should().Be(c.Choice("optimizer") == "sgd");
            c.Has("decay").Should().Be(c.Choice("schedule") == "wsd");
            c.Has("power").Should().Be(c.Has("shape") && c.Choice("shape") == "sqrt");
            foreach ((string name, double value) in c) Mixed[name].Contains(value).Should().BeTrue($"{name}={value}");
        }, iter: 2000);

    [TestMethod]
    public void Parse_TextOfAnyConfiguration_GivesTheSameBits() =>
        Gen.Long.Sample(seed =>
        {
            Configuration c = Samplers.Random(seed).Propose(new StudyView(Mixed, false, []), 0, null)!.Configuration;
            Configuration again = Configuration.Parse(c.ToString(), Mixed);
            again.Should().Equal(c);
            again.Equals(c).Should().BeTrue();
            again.GetHashCode().Should().Be(c.GetHashCode());
        }, iter: 2000);

    [TestMethod]
    [DataRow("rate=2", "*rate must be logFloat[1E-05, 1] but was '2'*")]
    [DataRow("rate=NaN", "*rate must be*'NaN'*")]
    [DataRow("layers=1.5", "*layers must be int[1, 4] but was '1.5'*")]
    [DataRow("batch=33", "*batch must be int[32, 256, step 32] but was '33'*")]
    [DataRow("optimizer=adam", "*optimizer must be one of {sgd | adamw} but was 'adam'*")]
    [DataRow("color=red", "*names 'color'*")]
    [DataRow("layers", "*has 'layers'*")]
    [DataRow("layers=1; layers=2", "*names 'layers' twice*")]
    public void Parse_TextOutsideTheSpace_NamesTheMistake(string text, string message) =>
        FluentActions.Invoking(() => Configuration.Parse(text, Mixed)).Should().Throw<FormatException>().WithMessage(message);

    [TestMethod]
    public void UnitScale_RoundTrip_KeepsEveryWholeNumber()
    {
        foreach (SpaceEntry entry in Mixed.Entries)
            if (entry.Parameter.Count is { } count)
                for (long i = 0; i < count; i++)
                {
                    double value = entry.Parameter.Nth(i, 1);
                    entry.Parameter.FromUnit(entry.Parameter.ToUnit(value)).Should().Be(value);
                }
    }

    [TestMethod]
    public void FromUnit_UniformDraws_GiveEveryWholeNumberItsShare()
    {
        var parameter = new IntParameter("n", 1, 4);
        var counts = new int[5];
        for (int i = 0; i < 4000; i++) counts[(int)parameter.FromUnit((i + 0.5) / 4000)]++;
        counts[1..].Should().AllSatisfy(count => count.Should().BeInRange(999, 1001));
    }

    [TestMethod]
    public void Definition_WithMistakes_Throws()
    {
        FluentActions.Invoking(() => SearchSpace.Empty.Float("x", 1, 1)).Should().Throw<ArgumentException>().WithMessage("*x.maximum must be finite and above the minimum 1 but was 1*");
        FluentActions.Invoking(() => SearchSpace.Empty.Float("x", double.NaN, 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.LogFloat("x", 0, 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.Int("x", 0, 5, step: 6)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.LogInt("x", 0, 5)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.Choice("x")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.Choice("x", "a", "a")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.Choice("x", "a;b")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => SearchSpace.Empty.Float("x", 0, 1).Float("x", 0, 1)).Should().Throw<ArgumentException>().WithMessage("*unique*");
        FluentActions.Invoking(() => SearchSpace.Empty.Float("a=b", 0, 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Mixed.When("rate", "1", space => space)).Should().Throw<ArgumentException>().WithMessage("*earlier choice*");
        FluentActions.Invoking(() => Mixed.When("optimizer", "adam", space => space)).Should().Throw<FormatException>();
        FluentActions.Invoking(() => Mixed.Start("rate=7")).Should().Throw<FormatException>();
    }
}
