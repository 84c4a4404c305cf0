using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    /// <summary>
    /// Reads the one-line text that <see cref="ToString"/> writes: <c>warmup(5ep) &gt; hold(10ep) &gt; cosine(20ep, to=0.01)</c>.
    /// Lengths have units (st, ep, run or %, sa, tok), parts follow each other by &gt;, products are written with *. Unknown words,
    /// unknown or repeated arguments, missing units and numbers out of range are errors that show the place.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is not a schedule.</exception>
    public static LrSchedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new Parser(text);
        return Vocabulary.Read(parser.Parse(), parser.Error);
    }

    /// <summary>The one-line text, which <see cref="Parse"/> reads back to an equal value (but for a <see cref="LrSchedules.Function"/>).</summary>
    public sealed override string ToString() => TextWriting.Write(Describe());

    /// <summary>The versioned JSON form, which <see cref="FromJson"/> reads back to an equal value.</summary>
    /// <exception cref="NotSupportedException">The schedule holds a function of the program.</exception>
    public string ToJson() => Json.Write(Describe());

    /// <summary>Reads what <see cref="ToJson"/> wrote, as strictly as <see cref="Parse"/>.</summary>
    /// <param name="json">The JSON text.</param>
    /// <exception cref="FormatException">The text is not JSON, not a schedule, or of a newer version.</exception>
    public static LrSchedule FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Vocabulary.Read(Json.Read(json), Json.Error);
    }
}
