using System.Globalization;

namespace Microsoft.ML.LrSchedules.Text;

/// <summary>
/// Reads the one-line text:
/// <code>
/// schedule = product { ">" product }
/// product  = factor { "*" factor }
/// factor   = "(" schedule ")" | word [ "(" argument { "," argument } ")" ]
/// argument = [ word "=" ] value          only the first may be unnamed
/// value    = number [ unit ] | "[" [ value { "," value } ] "]" | schedule
/// </code>
/// </summary>
internal sealed class Parser(string text)
{
    private const int MaximumLength = 100_000;
    private const int MaximumDepth = 64;
    private int _at;
    private int _depth;

    internal Node Parse()
    {
        if (text.Length > MaximumLength)
            throw Error(0, $"is longer than {MaximumLength} characters");
        Node node = Schedule();
        Blanks();
        return _at == text.Length ? node : throw Error(_at, $"has an unexpected '{text[_at]}'");
    }

    /// <summary>An error that shows the place.</summary>
    internal FormatException Error(int at, string what)
    {
        int from = Math.Max(0, at - 60);
        int to = Math.Min(text.Length, at + 40);
        string line = text[from..to].Replace('\n', ' ').Replace('\r', ' ').Replace('\t', ' ');
        return new FormatException(string.Create(CultureInfo.InvariantCulture, $"The schedule text {what} at character {at + 1}:\n{line}\n{new string(' ', at - from)}^"));
    }

    private Node Schedule()
    {
        if (++_depth > MaximumDepth)
            throw Error(_at, $"is nested deeper than {MaximumDepth} levels");
        int at = Start();
        var parts = new List<Node> { Product() };
        while (Take('>'))
            parts.Add(Product());
        _depth--;
        return parts.Count == 1 ? parts[0] : new SequenceNode(parts, at);
    }

    private Node Product()
    {
        int at = Start();
        Node left = Factor();
        while (Take('*'))
            left = new ProductNode(left, Factor(), at);
        return left;
    }

    private Node Factor()
    {
        if (!Take('('))
            return Call();
        Node inner = Schedule();
        Expect(')');
        return inner;
    }

    private CallNode Call()
    {
        int at = Start();
        string word = Word() ?? throw Error(at, "needs a schedule such as warmup(5ep) or cosine");
        var arguments = new List<Argument>();
        if (!Take('('))
            return new CallNode(word, arguments, at);
        do
            arguments.Add(Argument(arguments.Count == 0));
        while (Take(','));
        Expect(')');
        return new CallNode(word, arguments, at);
    }

    private Argument Argument(bool first)
    {
        int at = Start();
        string? name = Word();
        if (name is not null && Take('='))
            return new Argument(name, Value(), at);
        _at = at;
        return first ? new Argument("", Value(), at) : throw Error(at, "needs name=value: only the first argument may be unnamed");
    }

    private Node Value()
    {
        int at = Start();
        if (at == text.Length)
            throw Error(at, "ends where a value is needed");
        if (Take('['))
        {
            var items = new List<Node>();
            if (Take(']'))
                return new ListNode(items, at);
            do
                items.Add(Value());
            while (Take(','));
            Expect(']');
            return new ListNode(items, at);
        }
        return char.IsAsciiDigit(text[at]) || text[at] is '-' or '+' or '.' ? Number() : Schedule();
    }

    private NumberNode Number()
    {
        int at = _at;
        if (text[_at] is '-' or '+')
            _at++;
        while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] == '.'))
            _at++;
        if (_at < text.Length && text[_at] is 'e' or 'E')
            Exponent();
        string digits = text[at.._at];
        int unitAt = _at;
        string unit = Take(Units.Percent[0]) ? Units.Percent : Word() ?? "";
        if (unit == Units.Percent)
            digits = digits.Contains('e', StringComparison.OrdinalIgnoreCase) ? throw Error(at, "has a percentage with an exponent") : digits + "e-2";
        else if (unit.Length > 0 && Units.Find(unit) is null)
            throw Error(unitAt, $"has the unknown unit '{unit}' (known: {Units.All})");
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? new NumberNode(value, unit, at)
            : throw Error(at, $"has the number '{digits}', which is not one");
    }

    // "5ep" is five epochs and "5e3" five thousand: an e is an exponent only where digits follow.
    private void Exponent()
    {
        int next = _at + 1;
        if (next < text.Length && text[next] is '-' or '+')
            next++;
        if (next >= text.Length || !char.IsAsciiDigit(text[next]))
            return;
        while (next < text.Length && char.IsAsciiDigit(text[next]))
            next++;
        _at = next;
    }

    private string? Word()
    {
        Blanks();
        int at = _at;
        while (_at < text.Length && (char.IsAsciiLetter(text[_at]) || (_at > at && char.IsAsciiDigit(text[_at]))))
            _at++;
        return _at > at ? text[at.._at] : null;
    }

    private int Start()
    {
        Blanks();
        return _at;
    }

    private void Blanks()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            _at++;
    }

    private bool Take(char symbol)
    {
        Blanks();
        if (_at >= text.Length || text[_at] != symbol)
            return false;
        _at++;
        return true;
    }

    private void Expect(char symbol)
    {
        if (!Take(symbol))
            throw Error(_at, _at < text.Length ? $"has '{text[_at]}' where '{symbol}' is needed" : $"ends where '{symbol}' is needed");
    }
}
