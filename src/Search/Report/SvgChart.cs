using System.Globalization;
using System.Text;

namespace Microsoft.ML.TrainerSearch;

/// <summary>A line of a chart.</summary>
/// <param name="Points">Its points; those that are no numbers are left out.</param>
/// <param name="Color">Any CSS colour.</param>
/// <param name="Title">Shown when the pointer rests on it.</param>
/// <param name="Marks">Draw points instead of a line.</param>
internal sealed record ChartLine(IReadOnlyList<(double X, double Y)> Points, string Color, string Title, bool Marks = false);

/// <summary>A chart as SVG text: lines or points over two axes.</summary>
internal static class SvgChart
{
    private const double Width = 720, Height = 300, Left = 70, Right = 12, Top = 12, Bottom = 40;

    public static string Draw(string xLabel, string yLabel, IReadOnlyList<ChartLine> lines, bool logarithmic = false)
    {
        double Place(double y) => logarithmic ? Math.Log10(y) : y;
        (double X, double Y)[] points = [.. lines.SelectMany(line => line.Points).Where(point => double.IsFinite(Place(point.Y)))];
        if (points.Length == 0) return "<p>No values yet.</p>";
        (double x0, double x1) = Range(points.Select(point => point.X));
        (double y0, double y1) = Range(points.Select(point => Place(point.Y)));
        double ToX(double x) => Left + (x - x0) / (x1 - x0) * (Width - Left - Right);
        double ToY(double y) => Height - Bottom - (Place(y) - y0) / (y1 - y0) * (Height - Top - Bottom);

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">");
        foreach (double tick in Ticks(y0, y1))
        {
            double y = ToY(logarithmic ? Math.Pow(10, tick) : tick);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" class=\"grid\"/><text x=\"{Left - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{(logarithmic ? Math.Pow(10, tick) : tick):G3}</text>");
        }
        foreach (double tick in Ticks(x0, x1))
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{ToX(tick):0.#}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{tick:G4}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 4}\" text-anchor=\"middle\">{Html.Escape(xLabel)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate(14 {Height / 2}) rotate(-90)\" text-anchor=\"middle\">{Html.Escape(yLabel)}</text>");
        foreach (ChartLine line in lines)
        {
            (double X, double Y)[] drawn = [.. line.Points.Where(point => double.IsFinite(Place(point.Y)))];
            if (drawn.Length == 0) continue;
            if (line.Marks || drawn.Length == 1)
                foreach ((double x, double y) in drawn)
                    svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{ToX(x):0.#}\" cy=\"{ToY(y):0.#}\" r=\"3\" fill=\"{line.Color}\"><title>{Html.Escape(line.Title)}</title></circle>");
            else
                svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{line.Color}\" points=\"{string.Join(' ', drawn.Select(point => string.Create(CultureInfo.InvariantCulture, $"{ToX(point.X):0.#},{ToY(point.Y):0.#}")))}\"><title>{Html.Escape(line.Title)}</title></polyline>");
        }
        return svg.Append("</svg>").ToString();
    }

    private static (double, double) Range(IEnumerable<double> values)
    {
        double low = values.Min(), high = values.Max();
        return low < high ? (low, high) : (low - 0.5, high + 0.5);
    }

    private static IEnumerable<double> Ticks(double low, double high)
    {
        double raw = (high - low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = power * (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        for (double tick = Math.Ceiling(low / step) * step; tick <= high + 1e-9 * step; tick += step)
            yield return Math.Abs(tick) < 1e-9 * step ? 0 : tick;
    }
}
