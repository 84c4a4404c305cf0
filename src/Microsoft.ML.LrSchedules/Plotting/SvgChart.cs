using System.Globalization;
using System.Net;
using System.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>Draws a <see cref="ScheduleChart"/>.</summary>
internal sealed class SvgChart
{
    private const int MaximumPoints = 2000;

    // Okabe and Ito's colours, which colour-blind readers can tell apart.
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

    private readonly ScheduleChart _chart;
    private readonly int _width;
    private readonly int _height;
    private readonly List<(string Name, IReadOnlyList<(double Step, double Value)> Points, ChartAxis Axis)> _lines;
    private readonly StringBuilder _svg = new();
    private readonly double _left = 64;
    private readonly double _right;
    private readonly double _top;
    private readonly double _bottom;
    private readonly ChartScale _x;

    internal SvgChart(ScheduleChart chart, int width, int height)
    {
        _chart = chart;
        _width = width;
        _height = height;
        _lines = [.. chart.Curves.Select(Line), .. chart.Others.Select(series => (series.Name, (IReadOnlyList<(double, double)>)series.Points, series.Axis))];
        _right = width - (Has(ChartAxis.Right) ? 64 : 20);
        _top = (chart.Title.Length > 0 ? 24 : 4) + 40;
        _bottom = height - 46 - 16 * Math.Max(0, (_lines.Count - 1) / 4);
        _x = new ChartScale(0, chart.Plan.TotalSteps, _left, _right, Math.Max(2, width / 110), widen: false);
    }

    internal string Draw()
    {
        _svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{_width}\" height=\"{_height}\" viewBox=\"0 0 {_width} {_height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"11\" fill=\"#333\">\n");
        _svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape(_chart.Title.Length > 0 ? _chart.Title : "Schedule")}</title>\n<rect width=\"{_width}\" height=\"{_height}\" fill=\"#fff\"/>\n");
        if (_chart.Title.Length > 0)
            Text(_width / 2.0, 18, _chart.Title, "middle", " font-size=\"14\" font-weight=\"600\"");
        Phases();
        HorizontalAxes();
        VerticalAxis(ChartAxis.Left);
        if (Has(ChartAxis.Right))
            VerticalAxis(ChartAxis.Right);
        _svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{N(_left)}\" y=\"{N(_top)}\" width=\"{N(_right - _left)}\" height=\"{N(_bottom - _top)}\" fill=\"none\" stroke=\"#888\"/>\n");
        Legend();
        return _svg.Append("</svg>\n").ToString();
    }

    private (string, IReadOnlyList<(double, double)>, ChartAxis) Line(ScheduleChart.Curve curve)
    {
        long steps = _chart.Plan.TotalSteps;
        IEnumerable<long> at = steps <= MaximumPoints
            ? Enumerable.Range(0, (int)steps + 1).Select(step => (long)step)
            : Enumerable.Range(0, MaximumPoints + 1).Select(i => (long)((decimal)steps * i / MaximumPoints))
                .Concat(curve.Bound.Phases.SelectMany(phase => new[] { (long)Math.Ceiling(phase.Start) - 1, (long)Math.Ceiling(phase.Start) }))
                .Where(step => step >= 0 && step <= steps).Distinct().Order();
        return (curve.Name, [.. at.Select(step => ((double)step, curve.Peak * curve.Bound.FactorAt(step)))], ChartAxis.Left);
    }

    // Bands behind the first schedule, with the names of its parts.
    private void Phases()
    {
        if (_chart.Curves.IsEmpty)
            return;
        int band = 0;
        foreach (SchedulePhase phase in _chart.Curves[0].Bound.Phases)
        {
            double from = _x.At(phase.Start);
            double to = Math.Min(_right, _x.At(phase.End));
            if (band++ % 2 == 0)
                _svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{N(from)}\" y=\"{N(_top)}\" width=\"{N(Math.Max(0, to - from))}\" height=\"{N(_bottom - _top)}\" fill=\"#f3f6fa\"/>\n");
            if (to - from > 6 * phase.Name.Length)
                Text((from + to) / 2, _bottom - 6, phase.Name, "middle", " fill=\"#789\"");
        }
    }

    private void HorizontalAxes()
    {
        foreach (double step in _x.Ticks())
        {
            Line(_x.At(step), _top, _x.At(step), _bottom, "#e3e3e3");
            Text(_x.At(step), _bottom + 14, ChartScale.Label(step), "middle");
        }
        Text((_left + _right) / 2, _bottom + 28, "step", "middle");
        var epochs = new ChartScale(0, (double)_chart.Plan.TotalSteps / _chart.Plan.StepsPerEpoch, _left, _right, Math.Max(2, _width / 110), widen: false);
        foreach (double epoch in epochs.Ticks())
        {
            Line(epochs.At(epoch), _top - 4, epochs.At(epoch), _top, "#888");
            Text(epochs.At(epoch), _top - 8, ChartScale.Label(epoch), "middle");
        }
        Text((_left + _right) / 2, _top - 22, "epoch", "middle");
    }

    private void VerticalAxis(ChartAxis axis)
    {
        (string Name, IReadOnlyList<(double Step, double Value)> Points, ChartAxis Axis)[] lines = [.. _lines.Where(line => line.Axis == axis && line.Points.Count > 0)];
        double[] values = [.. lines.SelectMany(line => line.Points).Select(point => point.Value)];
        double low = values.Length == 0 ? 0 : values.Min();
        double high = values.Length == 0 ? 1 : values.Max();
        if (axis == ChartAxis.Left)
            low = Math.Min(0, low);
        var y = new ChartScale(low, high, _bottom, _top, Math.Max(2, _height / 60), widen: true);
        bool isLeft = axis == ChartAxis.Left;
        foreach (double value in y.Ticks())
        {
            if (isLeft)
                Line(_left, y.At(value), _right, y.At(value), "#e3e3e3");
            Text(isLeft ? _left - 6 : _right + 6, y.At(value) + 4, ChartScale.Label(value), isLeft ? "end" : "start");
        }
        foreach (var line in lines)
        {
            _svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{Colour(line.Name)}\"{Stroke(axis)} points=\"");
            _svg.AppendJoin(' ', line.Points.Select(point => N(_x.At(point.Step)) + "," + N(y.At(point.Value)))).Append("\"/>\n");
        }
    }

    private void Legend()
    {
        double column = (_right - _left) / Math.Min(4, Math.Max(1, _lines.Count));
        for (int i = 0; i < _lines.Count; i++)
        {
            double x = _left + i % 4 * column;
            double y = _bottom + 42 + 16 * (i / 4);
            Line(x, y - 4, x + 18, y - 4, Colour(_lines[i].Name), Stroke(_lines[i].Axis));
            int room = Math.Max(8, (int)((column - 24) / 6));
            Text(x + 23, y, _lines[i].Name.Length <= room ? _lines[i].Name : _lines[i].Name[..(room - 1)] + "…", "start");
        }
    }

    private bool Has(ChartAxis axis) => _lines.Any(line => line.Axis == axis);

    private string Colour(string name) => Colours[_lines.FindIndex(line => line.Name == name) % Colours.Length];

    // What belongs to the right axis is dashed.
    private static string Stroke(ChartAxis axis) => " stroke-width=\"1.8\"" + (axis == ChartAxis.Left ? "" : " stroke-dasharray=\"5 3\"");

    private void Line(double x1, double y1, double x2, double y2, string colour, string more = "") =>
        _svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" stroke=\"{colour}\"{more}/>\n");

    private void Text(double x, double y, string text, string anchor, string more = "") =>
        _svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\"{more}>{Escape(text)}</text>\n");

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
