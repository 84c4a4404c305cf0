using System.Globalization;
using System.Text;

namespace Microsoft.ML.LrSchedules.Text;

/// <summary>Writes the one-line text.</summary>
internal static class TextWriting
{
    internal static string Write(Node node)
    {
        var text = new StringBuilder();
        Write(text, node);
        return text.ToString();
    }

    /// <summary>A double in the shortest form that reads back as itself; fractions of the run as percent where that is exact.</summary>
    internal static string Number(double value, string unit)
    {
        if (unit == Units.Suffix(TrainingUnit.OfRun) && value >= 1e-9)
            return (decimal.Parse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture) * 100).ToString("0.############################", CultureInfo.InvariantCulture) + Units.Percent;
        return value.ToString("R", CultureInfo.InvariantCulture) + unit;
    }

    private static void Write(StringBuilder text, Node node)
    {
        switch (node)
        {
            case NumberNode number:
                text.Append(Number(number.Value, number.Unit));
                break;
            case WordNode word:
                text.Append(word.Word);
                break;
            case ListNode list:
                text.Append('[');
                Join(text, list.Items, ", ", Write);
                text.Append(']');
                break;
            case SequenceNode sequence:
                Join(text, sequence.Parts, " > ", Write);
                break;
            case ProductNode product:
                Factor(text, product.Left, bracketed: product.Left is SequenceNode);
                text.Append(" * ");
                Factor(text, product.Right, bracketed: product.Right is SequenceNode or ProductNode);
                break;
            case CallNode call:
                Call(text, call);
                break;
        }
    }

    private static void Factor(StringBuilder text, Node node, bool bracketed)
    {
        if (bracketed)
            text.Append('(');
        Write(text, node);
        if (bracketed)
            text.Append(')');
    }

    private static void Call(StringBuilder text, CallNode call)
    {
        text.Append(call.Word);
        if (call.Arguments.Count == 0)
            return;
        text.Append('(');
        bool first = Vocabulary.FirstArgument(call.Word) == call.Arguments[0].Name;
        Join(text, call.Arguments, ", ", (builder, argument) =>
        {
            if (!first)
                builder.Append(argument.Name).Append('=');
            first = false;
            Write(builder, argument.Value);
        });
        text.Append(')');
    }

    private static void Join<T>(StringBuilder text, IReadOnlyList<T> items, string separator, Action<StringBuilder, T> write)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                text.Append(separator);
            write(text, items[i]);
        }
    }
}
