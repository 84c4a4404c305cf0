using System.Globalization;

namespace Microsoft.ML.LrSchedules;

/// <summary>An axis: numbers to pixels, and round ticks.</summary>
internal sealed class ChartScale
{
    private readonly double _from;
    private readonly double _to;
    private readonly double _low;
    private readonly double _high;
    private readonly double _tick;

    internal ChartScale(double low, double high, double from, double to, int ticks, bool widen)
    {
        if (high <= low)
            high = low + (low == 0 ? 1 : Math.Abs(low));
        _tick = Round((high - low) / ticks);
        _low = widen ? Math.Floor(low / _tick) * _tick : low;
        _high = widen ? Math.Ceiling(high / _tick) * _tick : high;
        _from = from;
        _to = to;
    }

    /// <summary>The pixel of a number.</summary>
    internal double At(double value) => _from + (value - _low) / (_high - _low) * (_to - _from);

    /// <summary>Round numbers inside the axis.</summary>
    internal IEnumerable<double> Ticks()
    {
        for (double k = Math.Ceiling(_low / _tick - 1e-9); k * _tick <= _high + _tick * 1e-9; k++)
            yield return k * _tick;
    }

    /// <summary>A tick's label, without rounding noise.</summary>
    internal static string Label(double value) => Math.Abs(value) >= 1e6 || (value != 0 && Math.Abs(value) < 1e-4)
        ? value.ToString("0.##e+0", CultureInfo.InvariantCulture)
        : (Math.Round(value, 6) + 0.0).ToString("0.######", CultureInfo.InvariantCulture);

    // 1, 2 or 5 times a power of ten.
    private static double Round(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        double digit = step / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }
}
