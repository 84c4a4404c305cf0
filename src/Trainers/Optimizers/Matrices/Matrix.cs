using System.Numerics;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>A layer's numbers in double, row-major: what optimizers that need rows and columns work on.</summary>
internal sealed class Matrix(int rows, int columns)
{
    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public double[] Values { get; } = new double[rows * columns];

    public Span<double> Row(int i) => Values.AsSpan(i * Columns, Columns);

    /// <summary>this = a b.</summary>
    public void Product(Matrix a, Matrix b)
    {
        Array.Clear(Values);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int k = 0; k < a.Columns; k++) AddScaled(Row(i), a.Values[i * a.Columns + k], b.Row(k));
        }
    }

    /// <summary>this = this * keep + gain a a^T.</summary>
    public void AddOuter(Matrix a, double keep, double gain)
    {
        for (int i = 0; i < Rows; i++)
            for (int j = 0; j <= i; j++)
                Values[i * Columns + j] = Values[j * Columns + i] = keep * Values[i * Columns + j] + gain * Dot(a.Row(i), a.Row(j));
    }

    /// <summary>this = a^T.</summary>
    public void Transpose(Matrix a)
    {
        for (int i = 0; i < a.Rows; i++)
            for (int j = 0; j < a.Columns; j++) Values[j * Columns + i] = a.Values[i * a.Columns + j];
    }

    /// <summary>y += scale x.</summary>
    public static void AddScaled(Span<double> y, double scale, ReadOnlySpan<double> x)
    {
        int i = 0, width = Vector<double>.Count;
        var factor = new Vector<double>(scale);
        for (; i + width <= y.Length; i += width)
            (new Vector<double>(y[i..]) + factor * new Vector<double>(x[i..])).CopyTo(y[i..]);
        for (; i < y.Length; i++) y[i] += scale * x[i];
    }

    /// <summary>The sum of products, in an order that does not depend on the machine.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i + 4 <= x.Length; i += 4)
        {
            a += x[i] * y[i];
            b += x[i + 1] * y[i + 1];
            c += x[i + 2] * y[i + 2];
            d += x[i + 3] * y[i + 3];
        }
        for (; i < x.Length; i++) a += x[i] * y[i];
        return a + b + (c + d);
    }
}
