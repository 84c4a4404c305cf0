using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.NeuralNetworks.Tests.Kernels;

[TestClass]
public sealed unsafe class GemmTests
{
    private static readonly (int Rows, int Columns, int Depth)[] Shapes =
    [
        (1, 1, 1), (1, 1, 0), (3, 5, 7), (8, 32, 16), (9, 33, 17), (6, 16, 300), (13, 47, 257), (7, 10, 64), (64, 31, 28),
        (130, 65, 129), (257, 16, 5), (2, 100, 513), (0, 4, 4), (17, 3, 1),
    ];

    [TestMethod]
    public void Multiply_AnyShapeAndLane_EqualsTheDoubleProduct()
    {
        foreach ((int rows, int columns, int depth) in Shapes)
            foreach (bool transposed in new[] { false, true })
                foreach (Start start in Enum.GetValues<Start>())
                {
                    Check<Lane512>(rows, columns, depth, transposed, start);
                    Check<Lane256>(rows, columns, depth, transposed, start);
                    Check<Lane128>(rows, columns, depth, transposed, start);
                }
    }

    [TestMethod]
    public void Multiply_RandomShapes_EqualsTheDoubleProduct()
    {
        var random = new Random(5);
        for (int i = 0; i < 150; i++)
        {
            var start = (Start)random.Next(3);
            bool transposed = random.Next(2) == 0;
            (int rows, int columns, int depth) = (random.Next(70), random.Next(1, 70), random.Next(90));
            switch (i % 3)
            {
                case 0: Check<Lane512>(rows, columns, depth, transposed, start); break;
                case 1: Check<Lane256>(rows, columns, depth, transposed, start); break;
                default: Check<Lane128>(rows, columns, depth, transposed, start); break;
            }
        }
    }

    [TestMethod]
    public void Multiply_PanelsBeyondTheSecondCache_EqualsTheDoubleProduct()
    {
        const int Rows = 270, Columns = 1037, Depth = 258;
        Check<Lane512>(Rows, Columns, Depth, transposed: false, Start.Bias);
        Check<Lane512>(Rows, Columns, Depth, transposed: true, Start.Accumulate);
        Check<Lane256>(Rows, Columns, Depth, transposed: false, Start.Accumulate);
        Check<Lane256>(Rows, Columns, Depth, transposed: true, Start.Zero);
        Check<Lane128>(Rows, Columns, Depth, transposed: false, Start.Zero);
        Check<Lane128>(Rows, Columns, Depth, transposed: true, Start.Bias);
    }

    [TestMethod]
    public void Multiply_Rectified_HasNoNegativeNumbersAndKeepsNaN()
    {
        const int Rows = 9, Columns = 20, Depth = 30;
        float[] a = Numbers(1, Rows * Depth), b = Numbers(2, Depth * Columns), bias = Numbers(3, Columns);
        a[4 * Depth + 7] = float.NaN;
        var packed = new PackedMatrix(Depth, Columns);
        packed.Pack(b, Depth, Columns);
        var c = new float[Rows * Columns];
        fixed (float* pa = a, pbias = bias, pc = c)
            Gemm.Multiply(pa, Depth, 1, packed.Panels, pbias, pc, Columns, Rows, Columns, Depth, lower: 0);

        c.Take(4 * Columns).Should().OnlyContain(x => x >= 0);
        c.Skip(5 * Columns).Should().OnlyContain(x => x >= 0).And.Contain(0f);
        c.Skip(4 * Columns).Take(Columns).Should().OnlyContain(x => float.IsNaN(x));
    }

    [TestMethod]
    [DataRow(37, 53)]
    [DataRow(270, 1037)]
    public void Multiply_ARowAloneOrAmongOthersOrWithoutItsZeros_HasTheSameBits(int rows, int columns)
    {
        const int Depth = 300;
        float[] a = Numbers(1, rows * Depth), b = Numbers(2, Depth * columns);
        for (int i = 0; i < a.Length; i += 3) a[i] = 0;
        var packed = new PackedMatrix(Depth, columns);
        packed.Pack(b, Depth, columns);
        // A row without its zeros has whole panels of outputs.
        int padded = packed.Count * 2 * Simd.Count;
        float[] bias = [.. Numbers(3, columns), .. new float[padded - columns]], all = new float[rows * columns], one = new float[columns], row = new float[padded];
        fixed (float* pa = a, pbias = bias, pall = all, pone = one, prow = row)
        {
            Gemm.Multiply(pa, Depth, 1, packed.Panels, pbias, pall, columns, rows, columns, Depth, lower: 0);
            for (int r = 0; r < rows; r++)
            {
                Gemm.Multiply(pa + r * Depth, Depth, 1, packed.Panels, pbias, pone, columns, 1, columns, Depth, lower: 0);
                NonZeroGemm.Row(pa + r * Depth, packed.Panels, pbias, prow, packed.Count, Depth, 0);
                one.Should().Equal(all.AsSpan(r * columns, columns).ToArray());
                row.Take(columns).Should().Equal(one);
            }
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(10)]
    public void Multiply_UnpackedPanels_GiveThePackedResult(int everyNonZero)
    {
        const int Rows = 40, Columns = 150, Depth = 90, Stride = 160;
        float[] a = Numbers(1, Depth * Rows), b = Numbers(2, Depth * Stride), c = new float[Rows * Columns], d = new float[Rows * Columns];
        for (int i = 0; i < a.Length; i++) if (i % everyNonZero != 0) a[i] = 0;
        var packed = new PackedMatrix(Depth, Columns);
        packed.Pack(b, Depth, Stride);
        fixed (float* pa = a, pb = b, pc = c, pd = d)
        {
            Gemm.Multiply(pa, 1, Rows, packed.Panels, null, pc, Columns, Rows, Columns, Depth);
            Gemm.Multiply(pa, 1, Rows, Panels.Of(pb, Stride), null, pd, Columns, Rows, Columns, Depth);
        }
        d.Should().Equal(c);
    }

    [TestMethod]
    public void Dot_EveryLaneAndLength_EqualsTheDoubleSum()
    {
        foreach (int inputs in new[] { 0, 1, 5, 16, 28, 32, 47, 128, 131 })
        {
            const int Rows = 5;
            float[] x = Numbers(1, Math.Max(1, Rows * inputs)), w = Numbers(2, Math.Max(1, inputs)), y = new float[3 * Rows];
            fixed (float* px = x, pw = w, py = y)
            {
                RowProduct.Dot<Lane512>(px, inputs, Rows, inputs, pw, 0.5f, py, 3, float.NegativeInfinity);
                RowProduct.Dot<Lane256>(px, inputs, Rows, inputs, pw, 0.5f, py + 1, 3, float.NegativeInfinity);
                RowProduct.Dot<Lane128>(px, inputs, Rows, inputs, pw, 0.5f, py + 2, 3, 0);
            }
            for (int r = 0; r < Rows; r++)
            {
                double expected = 0.5;
                for (int k = 0; k < inputs; k++) expected += (double)x[r * inputs + k] * w[k];
                y[3 * r].Should().BeApproximately((float)expected, 1e-5f);
                y[3 * r + 1].Should().BeApproximately((float)expected, 1e-5f);
                y[3 * r + 2].Should().BeApproximately(Math.Max(0, (float)expected), 1e-5f);
            }
        }
    }

    private enum Start
    {
        Zero,
        Bias,
        Accumulate,
    }

    private static void Check<T>(int rows, int columns, int depth, bool transposed, Start start) where T : struct, ILane<T>
    {
        const int Gap = 3;
        int ldc = columns + Gap, lda = (transposed ? rows : depth) + Gap;
        float[] a = Numbers(1, (transposed ? depth : rows) * lda + 1), b = Numbers(2, depth * columns + 1), bias = Numbers(3, columns), c = Numbers(4, rows * ldc + 1);
        float[] before = [.. c];
        var packed = new PackedMatrix(depth, columns, T.Count);
        packed.Pack(b.AsSpan(0, depth * columns), depth, columns);
        (int ai, int ak) = transposed ? (1, lda) : (lda, 1);
        fixed (float* pa = a, pbias = bias, pc = c)
            Gemm.Run<T>(pa, ai, ak, packed.Panels, start == Start.Bias ? pbias : null, pc, ldc, rows, columns, depth, start == Start.Accumulate, float.NegativeInfinity);

        for (int i = 0; i < rows; i++)
            for (int j = 0; j < ldc; j++)
            {
                float was = before[i * ldc + j], got = c[i * ldc + j];
                if (j >= columns) got.Should().Be(was, "what lies between the rows belongs to someone else");
                else
                {
                    double expected = start == Start.Bias ? bias[j] : start == Start.Accumulate ? was : 0, size = Math.Abs(expected);
                    for (int k = 0; k < depth; k++)
                    {
                        double term = (double)a[i * ai + k * ak] * b[k * columns + j];
                        expected += term;
                        size += Math.Abs(term);
                    }
                    if (Math.Abs(got - expected) > 2e-7 * (depth + 2) * Math.Max(size, 1e-30))
                        throw new AssertFailedException($"{typeof(T).Name} {rows}x{columns}x{depth} transposed={transposed} {start} at ({i}, {j}): {got} but {expected}.");
                }
            }
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = random.NextSingle() * 2 - 1;
        return numbers;
    }
}
