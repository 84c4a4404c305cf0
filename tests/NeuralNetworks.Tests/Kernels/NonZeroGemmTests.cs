using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.NeuralNetworks.Tests.Kernels;

/// <summary>The oracle is the product in tiles: fewer rows at once than repay a look at their zeros.</summary>
[TestClass]
public sealed unsafe class NonZeroGemmTests
{
    private const int FewRows = 8;

    [TestMethod]
    public void Multiply_PartlyZeros_HasTheBitsOfTheTiles()
    {
        foreach (double density in new[] { 0, 0.02, 0.3, 0.6 })
            foreach (bool transposed in new[] { false, true })
                foreach (Start start in Enum.GetValues<Start>())
                    foreach ((int rows, int panels, int more, int depth) in new[] { (16, 1, 0, 32), (37, 2, 5, 33), (130, 3, 0, 128), (20, 4, 1, 64), (300, 5, 7, 300), (17, 9, 0, 577) })
                    {
                        Check<Lane512>(density, transposed, start, rows, panels, more, depth);
                        Check<Lane256>(density, transposed, start, rows, panels, more, depth);
                        Check<Lane128>(density, transposed, start, rows, panels, more, depth);
                    }
    }

    [TestMethod]
    public void Multiply_NaNAmongZeros_SpoilsItsRowAlone()
    {
        const int Rows = 20, Columns = 130, Depth = 70;
        float[] a = PartlyZeros(1, Rows * Depth, 0.1), b = Numbers(2, Depth * Columns), c = new float[Rows * Columns];
        a[7 * Depth + 69] = float.NaN;
        var packed = new PackedMatrix(Depth, Columns);
        packed.Pack(b, Depth, Columns);
        fixed (float* pa = a, pc = c)
            Gemm.Multiply(pa, Depth, 1, packed.Panels, null, pc, Columns, Rows, Columns, Depth, lower: 0);

        for (int i = 0; i < Rows; i++) c.Skip(i * Columns).Take(Columns).All(float.IsNaN).Should().Be(i == 7);
    }

    [TestMethod]
    public void PanelsThatPay_FewerZeros_FewerPanels()
    {
        Pay(density: 1, panels: 4).Should().Be(0, "nothing can be left out");
        Pay(density: 0.8, panels: 4).Should().Be(0, "a row alone costs more than a row in a tile");
        Pay(density: 0.5, panels: 4).Should().Be(4);
        Pay(density: 0.5, panels: 9).Should().Be(8, "one panel alone waits for its own sums");
        Pay(density: 0.5, panels: 11).Should().Be(11);
        Pay(density: 0.5, panels: 2).Should().Be(0);
        Pay(density: 0.1, panels: 9).Should().Be(9);
        Pay(density: 0.1, panels: 1).Should().Be(1);
        Pay(density: 0.1, panels: 0).Should().Be(0, "only whole panels are taken");
        Pay(density: 0.1, panels: 4, rows: FewRows).Should().Be(0, "few rows do not repay the look");
    }

    private enum Start
    {
        Zero,
        Bias,
        Accumulate,
    }

    private static int Pay(double density, int panels, int rows = 64)
    {
        const int Depth = 256;
        fixed (float* along = PartlyZeros(1, rows * Depth, density), across = PartlyZeros(2, rows * Depth, density))
        {
            int panelsAlong = NonZeroGemm.PanelsThatPay<Lane256>(along, Depth, 1, rows, panels, Depth);
            NonZeroGemm.PanelsThatPay<Lane256>(across, 1, rows, rows, panels, Depth).Should().Be(panelsAlong);
            return panelsAlong;
        }
    }

    private static void Check<T>(double density, bool transposed, Start start, int rows, int panels, int more, int depth) where T : struct, ILane<T>
    {
        int columns = panels * 2 * T.Count + more, ldc = columns + 3, lda = (transposed ? rows : depth) + 5;
        float[] a = PartlyZeros(1, (transposed ? depth : rows) * lda, density), b = Numbers(2, depth * columns), bias = Numbers(3, columns);
        float[] whole = Numbers(4, rows * ldc), tiled = [.. whole];
        var packed = new PackedMatrix(depth, columns, T.Count);
        packed.Pack(b, depth, columns);
        (int ai, int ak) = transposed ? (1, lda) : (lda, 1);
        fixed (float* pa = a, pbias = bias, pw = whole, pt = tiled)
        {
            if (density < 0.1) NonZeroGemm.PanelsThatPay<T>(pa, ai, ak, Math.Min(rows, 128), panels, Math.Min(depth, 256)).Should().Be(panels);
            float* from = start == Start.Bias ? pbias : null;
            Gemm.Run<T>(pa, ai, ak, packed.Panels, from, pw, ldc, rows, columns, depth, start == Start.Accumulate, -0.5f);
            for (int i = 0; i < rows; i += FewRows)
                Gemm.Run<T>(pa + i * ai, ai, ak, packed.Panels, from, pt + i * ldc, ldc, Math.Min(FewRows, rows - i), columns, depth, start == Start.Accumulate, -0.5f);
        }
        if (!whole.AsSpan().SequenceEqual(tiled))
            throw new AssertFailedException($"{typeof(T).Name} density {density} transposed={transposed} {start} {rows}x{columns}x{depth}: other bits than in tiles.");
    }

    private static float[] PartlyZeros(int seed, int count, double density)
    {
        var random = new Random(seed);
        float[] numbers = Numbers(seed + 100, count);
        foreach (ref float number in numbers.AsSpan())
            if (random.NextDouble() >= density) number = random.Next(2) == 0 ? 0f : -0f;
        return numbers;
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = random.NextSingle() * 2 - 1;
        return numbers;
    }
}
