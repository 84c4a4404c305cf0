using System.Numerics;

namespace MatrixTimes;

/// <summary>C (m x n) = A (m x k) times B (k x n), on one or more threads.</summary>
internal sealed record Shape(int M, int K, int N, int Threads);

/// <summary>A plain matrix product: cut into blocks that stay in the cache, one vector of a row of C at a time.</summary>
internal sealed class Product
{
    private const int Block = 64;

    private readonly Shape shape;
    private readonly float[] a, b, c;
    private readonly ParallelOptions parallel;

    public Product(Shape shape)
    {
        this.shape = shape;
        a = Fill(shape.M * shape.K);
        b = Fill(shape.K * shape.N);
        c = new float[shape.M * shape.N];
        parallel = new ParallelOptions { MaxDegreeOfParallelism = shape.Threads };
    }

    public void Run()
    {
        if (shape.Threads == 1) MultiplyRows(0, shape.M);
        else Parallel.For(0, shape.Threads, parallel, part => MultiplyRows(shape.M * part / shape.Threads, shape.M * (part + 1) / shape.Threads));
    }

    private void MultiplyRows(int first, int end)
    {
        Array.Clear(c, first * shape.N, (end - first) * shape.N);
        for (int inner = 0; inner < shape.K; inner += Block)
            for (int column = 0; column < shape.N; column += Block)
                for (int row = first; row < end; row++)
                    MultiplyBlock(row, inner, Math.Min(inner + Block, shape.K), column, Math.Min(Block, shape.N - column));
    }

    private void MultiplyBlock(int row, int inner, int innerEnd, int column, int columns)
    {
        Span<float> target = c.AsSpan(row * shape.N + column, columns);
        for (; inner < innerEnd; inner++)
        {
            float factor = a[row * shape.K + inner];
            ReadOnlySpan<float> source = b.AsSpan(inner * shape.N + column, columns);
            int j = 0;
            for (; j <= columns - Vector<float>.Count; j += Vector<float>.Count)
                (new Vector<float>(target[j..]) + factor * new Vector<float>(source[j..])).CopyTo(target[j..]);
            for (; j < columns; j++)
                target[j] += factor * source[j];
        }
    }

    private static float[] Fill(int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = i % 7 - 3;
        return values;
    }
}
