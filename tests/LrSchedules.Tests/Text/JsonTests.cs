using CsCheck;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Text;

[TestClass]
public class JsonTests
{
    [TestMethod]
    [DataRow("warmup(5ep) > cosine(20ep, to=0.01)", """{"version":1,"schedule":[{"warmup":{"over":"5ep"}},{"cosine":{"over":"20ep","to":0.01}}]}""")]
    [DataRow("hold", """{"version":1,"schedule":{"hold":{}}}""")]
    [DataRow("warmup(10%) * hold", """{"version":1,"schedule":{"product":[{"warmup":{"over":"10%"}},{"hold":{}}]}}""")]
    [DataRow("warmup(5ep, shape=rex(beta=0.9), firstStep=aboveStart)", """{"version":1,"schedule":{"warmup":{"over":"5ep","shape":{"rex":{"beta":0.9}},"firstStep":"aboveStart"}}}""")]
    [DataRow("multiStep([3ep, 50%], factor=0.1)", """{"version":1,"schedule":{"multiStep":{"at":["3ep","50%"],"factor":0.1}}}""")]
    [DataRow("clamp(linear > hold(1ep), minimum=0.1)", """{"version":1,"schedule":{"clamp":{"of":[{"linear":{}},{"hold":{"over":"1ep"}}],"minimum":0.1}}}""")]
    public void ToJson_Schedule_IsTheDocumentedForm(string text, string json)
    {
        LrSchedule.Parse(text).ToJson().Should().Be(json);
        LrSchedule.FromJson(json).Should().Be(LrSchedule.Parse(text));
    }

    [TestMethod]
    [DataRow("", "The schedule is not JSON: *")]
    [DataRow("{", "The schedule is not JSON: *")]
    [DataRow("[]", "The schedule's JSON must be an object with version and schedule.")]
    [DataRow("""{"version":1}""", "The schedule's JSON must be an object with version and schedule.")]
    [DataRow("""{"schedule":{"hold":{}}}""", "The schedule's JSON must be an object with version and schedule.")]
    [DataRow("""{"version":1,"schedule":{"hold":{}},"more":1}""", "The schedule's JSON must be an object with version and schedule.")]
    [DataRow("""{"version":2,"schedule":{"hold":{}}}""", "The schedule's JSON must have version 1 but has 2.")]
    [DataRow("""{"version":"1","schedule":{"hold":{}}}""", "The schedule's JSON must have version 1 but has \"1\".")]
    [DataRow("""{"version":1.5,"schedule":{"hold":{}}}""", "The schedule's JSON must have version 1 but has 1.5.")]
    [DataRow("""{"version":1,"schedule":[]}""", "The schedule's JSON has an empty list where a schedule is needed.")]
    [DataRow("""{"version":1,"schedule":5}""", "The schedule's JSON has 5 where a schedule or shape*")]
    [DataRow("""{"version":1,"schedule":{"hold":{},"linear":{}}}""", "The schedule's JSON has {\"hold\":{},\"linear\":{}} where a schedule or shape*")]
    [DataRow("""{"version":1,"schedule":{"wobble":{}}}""", "The schedule's JSON has the unknown schedule 'wobble'*")]
    [DataRow("""{"version":1,"schedule":{"hold":5}}""", "The schedule's JSON gives hold something else than an object of arguments.")]
    [DataRow("""{"version":1,"schedule":{"hold":{"ovr":"5ep"}}}""", "The schedule's JSON gives hold the unknown argument ovr (known: over, atRate, at).")]
    [DataRow("""{"version":1,"schedule":{"hold":{"over":5}}}""", "The schedule's JSON needs a unit for over (st, ep, run, sa, tok or %).")]
    [DataRow("""{"version":1,"schedule":{"hold":{"over":"5ep)"}}}""", "The schedule text has an unexpected ')'*")]
    [DataRow("""{"version":1,"schedule":{"hold":{"over":"5ep, at=3"}}}""", "The schedule's JSON has the text \"5ep, at=3\", which is not a length.")]
    [DataRow("""{"version":1,"schedule":{"hold":{"over":""}}}""", "The schedule's JSON needs a length such as 5ep or 10% for over.")]
    [DataRow("""{"version":1,"schedule":{"hold":{"over":"-5ep"}}}""", "The schedule's JSON has a value out of range: value must be a finite number above 0 but was -5.*")]
    [DataRow("""{"version":1,"schedule":{"hold":{"at":1e999}}}""", "The schedule's JSON has the number 1e999, which is out of range.")]
    [DataRow("""{"version":1,"schedule":{"hold":{"at":0.1,"at":0.2}}}""", "The schedule is not JSON: *")]
    [DataRow("""{"version":1,"schedule":{"product":[{"hold":{}}]}}""", "The schedule's JSON has a product that is not a list of two schedules.")]
    [DataRow("""{"version":1,"schedule":{"product":{"hold":{}}}}""", "The schedule's JSON has a product that is not a list of two schedules.")]
    [DataRow("""{"version":1,"schedule":{"multiStep":{"at":[{"hold":{}}],"factor":0.1}}}""", "The schedule's JSON needs a list such as [1, 2] for at.")]
    [DataRow("""{"version":1,"schedule":{"step":{"every":"0ep","factor":0.1}}}""", "The schedule's JSON has a value out of range: value must be a finite number above 0 but was 0.*")]
    [DataRow("""{"version":1,"schedule":{"oneCycle":{"threePhase":true}}}""", "The schedule's JSON has true where a schedule or shape*")]
    public void FromJson_Mistake_SaysWhat(string json, string message) =>
        FluentActions.Invoking(() => LrSchedule.FromJson(json)).Should().Throw<FormatException>().WithMessage(message);

    [TestMethod]
    public void ToJson_Function_IsRefused() =>
        LrSchedule.Function(u => u).Invoking(schedule => schedule.ToJson()).Should().Throw<NotSupportedException>()
            .WithMessage("The schedule must be made of named shapes to be saved but holds a function of the program. Use a table of values instead.");

    [TestMethod]
    public void FromJson_RandomDamage_ReadsOrThrowsFormatException() =>
        Gen.Select(RandomSchedules.Any, Gen.Int[0, 2000], Gen.Int[0, 2], Gen.Char["{}[]\":,.0123456789ehlotuvw "]).Sample((schedule, at, kind, character) =>
        {
            string json = schedule.ToJson();
            at %= json.Length;
            string damaged = kind switch
            {
                0 => json.Remove(at, 1),
                1 => json.Insert(at, character.ToString()),
                _ => json[..at] + character + json[(at + 1)..],
            };
            try
            {
                LrSchedule read = LrSchedule.FromJson(damaged);
                return LrSchedule.FromJson(read.ToJson()) == read;
            }
            catch (FormatException)
            {
                return true;
            }
        }, iter: Sampling.Count(10_000));

    [TestMethod]
    public void FromJson_Null_Throws()
    {
        FluentActions.Invoking(() => LrSchedule.FromJson(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => LrSchedule.Parse(null!)).Should().Throw<ArgumentNullException>();
    }
}
