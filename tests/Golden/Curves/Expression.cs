using System.Globalization;
using System.Text.RegularExpressions;

namespace Golden.Curves;

/// <summary>A lambda of a golden file, such as 1/(1+t//5) or 0.9**t: Python arithmetic over t, with one condition at most in each branch.</summary>
internal sealed partial class Expression
{
    [GeneratedRegex("^(?<then>.+?) if (?<left>[^<>=]+)(?<compare><=|>=|==|<|>)(?<right>.+?) else (?<else>.+)$")]
    private static partial Regex Conditional();

    private readonly string _text;
    private readonly double _t;
    private int _at;

    private Expression(string text, double t)
    {
        _text = text.Replace(" ", "", StringComparison.Ordinal);
        _t = t;
    }

    /// <summary>The expression's value at <paramref name="t"/>.</summary>
    internal static double Evaluate(string text, double t)
    {
        if (Conditional().Match(text) is { Success: true } match)
        {
            double left = Evaluate(match.Groups["left"].Value, t);
            double right = Evaluate(match.Groups["right"].Value, t);
            bool holds = match.Groups["compare"].Value switch { "<" => left < right, "<=" => left <= right, ">" => left > right, ">=" => left >= right, _ => left == right };
            return Evaluate(match.Groups[holds ? "then" : "else"].Value, t);
        }
        var expression = new Expression(text, t);
        double value = expression.Sum();
        return expression._at == expression._text.Length ? value : throw new FormatException($"cannot read the expression {text}");
    }

    private double Sum()
    {
        double value = Term();
        while (true)
        {
            if (Take("+"))
                value += Term();
            else if (Take("-"))
                value -= Term();
            else
                return value;
        }
    }

    private double Term()
    {
        double value = Unary();
        while (true)
        {
            if (Take("//"))
                value = Math.Floor(value / Unary());
            else if (Take("/"))
                value /= Unary();
            else if (Take("%"))
                value = Modulo(value, Unary());
            else if (!_text.AsSpan(_at).StartsWith("**") && Take("*"))
                value *= Unary();
            else
                return value;
        }
    }

    private static double Modulo(double value, double divisor) => value - divisor * Math.Floor(value / divisor);

    private double Unary() => Take("-") ? -Unary() : Power();

    private double Power()
    {
        double value = Atom();
        return Take("**") ? Math.Pow(value, Unary()) : value;
    }

    private double Atom()
    {
        if (Take("("))
            return Closed(Sum());
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '.' or '_' || (_text[_at] is '-' && _text[_at - 1] == 'e' && char.IsAsciiDigit(_text[start]))))
            _at++;
        string word = _text[start.._at];
        if (word is "t" or "x" or "step" or "epoch")
            return _t;
        if (word is "math.pi" or "pi")
            return Math.PI;
        if (!Take("("))
            return double.Parse(word, CultureInfo.InvariantCulture);
        double first = Sum();
        double second = Take(",") ? Sum() : double.NaN;
        return Closed(word.Split('.')[^1] switch
        {
            "min" => Math.Min(first, second),
            "max" => Math.Max(first, second),
            "cos" => Math.Cos(first),
            "sin" => Math.Sin(first),
            "exp" => Math.Exp(first),
            "sqrt" => Math.Sqrt(first),
            "log" => Math.Log(first),
            "pow" => Math.Pow(first, second),
            "floor" or "int" => Math.Floor(first),
            _ => throw new FormatException($"cannot read {word} in the expression {_text}"),
        });
    }

    private double Closed(double value) => Take(")") ? value : throw new FormatException($"cannot read the expression {_text}");

    private bool Take(string symbol)
    {
        if (!_text.AsSpan(_at).StartsWith(symbol))
            return false;
        _at += symbol.Length;
        return true;
    }
}
