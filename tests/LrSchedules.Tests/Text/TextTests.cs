using CsCheck;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Text;

[TestClass]
public class TextTests
{
    [TestMethod]
    [DataRow("warmup(5ep) > hold(10ep) > cosine(20ep, to=0.01)")]
    [DataRow("hold")]
    [DataRow("hold(at=0.5)")]
    [DataRow("hold(atRate=1E-05)")]
    [DataRow("warmup(3%, from=0.1, shape=cosine, firstStep=aboveStart) > cosine(toRate=1E-06, endAt=lastStep)")]
    [DataRow("warmup(500st) * (step(10ep, factor=0.1) > hold)")]
    [DataRow("hold * hold * hold")]
    [DataRow("hold * (hold * hold)")]
    [DataRow("clamp(affine(exponential(1ep, factor=0.9), times=2, plus=0.1), minimum=0.01, maximumRate=0.1)")]
    [DataRow("multiStep([30ep, 60ep], factor=0.1)")]
    [DataRow("multiStep([], factor=0.1)")]
    [DataRow("table([1, 0.5, 0.25], every=2.5ep)")]
    [DataRow("piecewise([10000sa, 2E+20tok], values=[1, 0.5, 0.1], between=linear)")]
    [DataRow("kDecay(20ep, shape=polynomial(power=0.9), k=2, to=0.1)")]
    [DataRow("linear(0.1%, scale=log, to=0.1)", "linear(0.1%, to=0.1, scale=log)")]
    [DataRow("warmup( 5 ep )>hold", "warmup(5ep) > hold")]
    [DataRow("cosine(over=20ep, to=1%)", "cosine(20ep, to=0.01)")]
    [DataRow("hold(rest)", "hold")]
    [DataRow("warmup(0.05run)", "warmup(5%)")]
    [DataRow("warmup(+5ep)\n> hold", "warmup(5ep) > hold")]
    [DataRow("oneCycle(threePhase=false)", "oneCycle")]
    [DataRow("hold ", "hold")]
    [DataRow("radamWarmup(beta2=0.99)", "radamWarmup(0.99)")]
    [DataRow("triangular(5st, down=5st)", "triangular(5st)")]
    [DataRow("hold(1e3st, at=.5)", "hold(1000st, at=0.5)")]
    [DataRow("(warmup(5ep) > hold(1ep)) > cosine", "warmup(5ep) > hold(1ep) > cosine")]
    public void Parse_Text_WritesItsCanonicalForm(string text, string? canonical = null) =>
        LrSchedule.Parse(text).ToString().Should().Be(canonical ?? text);

    [TestMethod]
    [DataRow("", "needs a schedule such as warmup(5ep) or cosine at character 1:")]
    [DataRow("warmup(5ep) >", "needs a schedule such as warmup(5ep) or cosine at character 14:")]
    [DataRow("warmup(5ep) > wobble", "has the unknown schedule 'wobble' (known: hold, warmup,*at character 15:")]
    [DataRow("warmup(5)", "needs a unit for over (st, ep, run, sa, tok or %) at character 8:")]
    [DataRow("warmup(5min)", "has the unknown unit 'min' (known: st, ep, run, sa, tok or %) at character 9:")]
    [DataRow("warmup(5ep", "ends where ')' is needed at character 11:")]
    [DataRow("warmup(5ep]", "has ']' where ')' is needed at character 11:")]
    [DataRow("warmup(5ep))", "has an unexpected ')' at character 12:")]
    [DataRow("warmup(5ep, 0.1)", "needs name=value: only the first argument may be unnamed at character 13:")]
    [DataRow("warmup(5ep, too=0.1)", "gives warmup the unknown argument too (known: over, shape, fromRate, from, toRate, to, firstStep) at character 13:")]
    [DataRow("warmup(5ep, from=0.1, from=0.2)", "gives warmup the argument from twice at character 23:")]
    [DataRow("warmup(5ep, over=3ep)", "gives warmup the argument over twice at character 13:")]
    [DataRow("cosine(to=0.1, toRate=0.2)", "gives both to and toRate at character 23:")]
    [DataRow("cosine(5ep, to=)", "needs a schedule such as warmup(5ep) or cosine at character 16:")]
    [DataRow("cosine(5ep, to=", "ends where a value is needed at character 16:")]
    [DataRow("cosine(5ep, to=5ep)", "needs a number without a unit for to at character 16:")]
    [DataRow("cosine(5ep, to=[1])", "needs a number for to at character 16:")]
    [DataRow("cosine(linear)", "needs a length such as 5ep or 10% for over at character 8:")]
    [DataRow("cosine(0ep)", "has a value out of range: value must be a finite number above 0 but was 0. A span of Epochs is a length of training; leave the segment out if there is nothing to train. at character 8:")]
    [DataRow("cosine(150%)", "has a value out of range: value must be a fraction of the run, above 0 and at most 1 but was 1.5. 0.1.OfRun() is a tenth of the run; use Epochs() or Steps() for counts. at character 8:")]
    [DataRow("cosine(1e-2%)", "has a percentage with an exponent at character 8:")]
    [DataRow("cosine(1.2.3ep)", "has the number '1.2.3', which is not one at character 8:")]
    [DataRow("cosine(1e999ep)", "has the number '1e999', which is not one at character 8:")]
    [DataRow("cosine(-ep)", "has the number '-', which is not one at character 8:")]
    [DataRow("warmup(5ep, shape=zigzag)", "has the unknown shape 'zigzag' (known: linear, polynomial, cosine, oneMinusPower, tanh, rex, cosLog, kDecay) at character 19:")]
    [DataRow("warmup(5ep, shape=0.5)", "has a value where a shape is needed at character 19:")]
    [DataRow("warmup(5ep, shape=linear(1ep))", "gives linear an argument but it takes none unnamed at character 26:")]
    [DataRow("warmup(5ep, firstStep=maybe)", "needs one of atStart, aboveStart for firstStep at character 23:")]
    [DataRow("warmup(5ep, firstStep=atStart(1))", "needs one of atStart, aboveStart for firstStep at character 23:")]
    [DataRow("oneCycle(threePhase=1)", "needs true or false for threePhase at character 21:")]
    [DataRow("clamp(5ep)", "has a value where a schedule is needed at character 7:")]
    [DataRow("clamp", "must give clamp the argument of at character 1:")]
    [DataRow("step(5ep)", "must give step the argument factor at character 1:")]
    [DataRow("repeat(hold, times=1.5)", "needs a whole number for times at character 20:")]
    [DataRow("repeat(hold, times=1e12)", "needs a whole number for times at character 20:")]
    [DataRow("until(hold, end=1.5, run=3)", "needs a whole number for end at character 17:")]
    [DataRow("until(hold, end=1, run=1e17)", "needs a whole number for run at character 24:")]
    [DataRow("multiStep(5ep, factor=0.1)", "needs a list such as [1, 2] for at at character 11:")]
    [DataRow("multiStep([5ep, factor=0.1)", "has '=' where ']' is needed at character 23:")]
    [DataRow("repeat(hold)", "must give repeat the argument times at character 1:")]
    [DataRow("function(name=user)", "holds a function of the program, which text cannot bring back, at character 1:")]
    [DataRow("warmup(5ep, shape=linear(x=1))", "gives linear the unknown argument x (known: none) at character 26:")]
    [DataRow("x", "has the unknown schedule 'x' (known: hold, *, until, linear, polynomial, cosine, oneMinusPower, tanh, rex, cosLog, kDecay) at character 1:")]
    [DataRow("hold hold", "has an unexpected 'h' at character 6:")]
    [DataRow("hold(at=NaN)", "needs a number for at at character 9:")]
    [DataRow("Hold", "has the unknown schedule 'Hold'*at character 1:")]
    [DataRow("hold(,)", "needs a schedule such as warmup(5ep) or cosine at character 6:")]
    [DataRow("hold()", "needs a schedule such as warmup(5ep) or cosine at character 6:")]
    public void Parse_Mistake_PointsAtTheCharacter(string text, string message) =>
        FluentActions.Invoking(() => LrSchedule.Parse(text)).Should().Throw<FormatException>().WithMessage("The schedule text " + message + "*");

    [TestMethod]
    public void Parse_Mistake_ShowsTheLineWithAMark() =>
        FluentActions.Invoking(() => LrSchedule.Parse("warmup(5ep) > hold(10ep) > cosine(20)")).Should().Throw<FormatException>()
            .Which.Message.Should().Be("The schedule text needs a unit for over (st, ep, run, sa, tok or %) at character 35:\nwarmup(5ep) > hold(10ep) > cosine(20)\n" + new string(' ', 34) + "^");

    [TestMethod]
    public void Parse_MistakeFarIn_ShowsItsSurroundings()
    {
        string text = string.Join(" >\t", Enumerable.Repeat("hold(1ep)", 20)) + " > oops > " + string.Join(" > ", Enumerable.Repeat("hold(1ep)", 20));
        string[] lines = FluentActions.Invoking(() => LrSchedule.Parse(text)).Should().Throw<FormatException>().Which.Message.Split('\n');
        lines[1].Should().HaveLength(100).And.NotContain("\t");
        lines[1][lines[2].IndexOf('^', StringComparison.Ordinal)..].Should().StartWith("oops");
    }

    [TestMethod]
    public void Parse_TooDeepOrTooLong_IsRefused()
    {
        string deep = string.Concat(Enumerable.Repeat("(", 65)) + "hold" + string.Concat(Enumerable.Repeat(")", 65));
        FluentActions.Invoking(() => LrSchedule.Parse(deep)).Should().Throw<FormatException>().WithMessage("*is nested deeper than 64 levels at character 65:*");
        LrSchedule.Parse(deep[2..^2]).Should().Be(LrSchedule.Constant);
        FluentActions.Invoking(() => LrSchedule.Parse(new string(' ', 100_001))).Should().Throw<FormatException>().WithMessage("*is longer than 100000 characters at character 1:*");
    }

    [TestMethod]
    public void Parse_OtherCulture_ReadsTheSame()
    {
        System.Globalization.CultureInfo before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = new System.Globalization.CultureInfo("de-DE");
            LrSchedule.Parse("cosine(1.5ep, to=0.25)").ToString().Should().Be("cosine(1.5ep, to=0.25)");
            FluentActions.Invoking(() => Shape.Rex(1.5)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*but was 1.5.*");
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void ToString_Function_NamesIt() => LrSchedule.Function(u => u, name: "mine").ToString().Should().Be("function(name=mine)");

    [TestMethod]
    public void Parse_RandomDamage_ParsesOrSaysWhere() => Fuzz(Sampling.Count(20_000));

    [TestMethod]
    [TestCategory("Slow")]
    public void Parse_AMillionDamages_ParsesOrSaysWhere() => Fuzz(1_000_000);

    private static void Fuzz(long samples) =>
        Gen.Select(RandomSchedules.Any, Gen.Int[0, 1000], Gen.Int[0, 3], Gen.Char["()[]>*=,.%+-eE0123456789abcdefghijklmnopqrstuvwxyz \u00e9"]).Sample((schedule, at, kind, character) =>
        {
            string text = schedule.ToString();
            at %= text.Length;
            string damaged = kind switch
            {
                0 => text.Remove(at, 1),
                1 => text.Insert(at, character.ToString()),
                2 => text[..at],
                _ => text[..at] + character + text[(at + 1)..],
            };
            try
            {
                LrSchedule parsed = LrSchedule.Parse(damaged);
                return LrSchedule.Parse(parsed.ToString()) == parsed;
            }
            catch (FormatException exception)
            {
                return exception.Message.Contains(" at character ", StringComparison.Ordinal);
            }
        }, iter: samples);

    [TestMethod]
    public void Parse_ManyBracketsSideBySide_AreNotDeep() =>
        LrSchedule.Parse(string.Join(" > ", Enumerable.Repeat("(hold(1ep))", 200))).Should().BeOfType<Sequence>().Which.Parts.Should().HaveCount(200);

    [TestMethod]
    public void Parse_ExactlyTheLongest_IsRead() => LrSchedule.Parse("hold".PadLeft(100_000)).Should().Be(LrSchedule.Constant);
}
