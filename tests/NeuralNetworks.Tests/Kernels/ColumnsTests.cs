using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.NeuralNetworks.Tests.Kernels;

[TestClass]
public sealed unsafe class ColumnsTests
{
    [TestMethod]
    public void Sum_EveryLane_MasksSumsAndScales()
    {
        Check<Lane512>();
        Check<Lane256>();
        Check<Lane128>();
    }

    [TestMethod]
    public void Gather_RowsInAnyOrder_CopiesThem()
    {
        const int Columns = 29, Stride = 32;
        float[] source = [.. Enumerable.Range(0, 50 * Columns).Select(i => (float)i)];
        int[] indices = [49, 0, 7, 7, 31, 12, 1, 2, 3, 4, 5];
        float[] target = [.. Enumerable.Repeat(-1f, indices.Length * Stride)];
        fixed (float* s = source, t = target)
        fixed (int* i = indices)
            Rows.Gather(s, Columns, i, indices.Length, t, Stride);
        for (int row = 0; row < indices.Length; row++)
            for (int j = 0; j < Stride; j++)
                target[row * Stride + j].Should().Be(j < Columns ? source[indices[row] * Columns + j] : -1);
    }

    [TestMethod]
    public void Add_AnyLength_AddsEach()
    {
        foreach (int length in new[] { 0, 1, 16, 35 })
        {
            float[] target = [.. Enumerable.Range(0, length).Select(i => (float)i)], source = [.. target.Select(x => x * 2)];
            Vectors.Add(target, source);
            target.Should().Equal(Enumerable.Range(0, length).Select(i => 3f * i));
        }
    }

    [TestMethod]
    public void CopyAside_WholeLanes_CopiesThoseAndNoMore()
    {
        Memory<float> target = AlignedMemory.Allocate<float>(96);
        float[] source = [.. Enumerable.Range(1, 64).Select(i => (float)i)];
        Vectors.CopyAside(target.Span.Slice(16, 64), source);
        target.ToArray().Should().Equal([.. new float[16], .. source, .. new float[16]]);
    }

    private static void Check<T>() where T : struct, ILane<T>
    {
        foreach (int columns in new[] { 1, 16, 20, 64, 100, 128 })
            foreach (int rows in new[] { 0, 1, 9 })
                foreach (bool accumulate in new[] { false, true })
                    foreach (bool rectified in new[] { false, true })
                        foreach (float factor in new[] { 1, 0.3f })
                            Check<T>(columns, rows, accumulate, rectified, factor);
    }

    private static void Check<T>(int columns, int rows, bool accumulate, bool rectified, float factor) where T : struct, ILane<T>
    {
        var random = new Random(3);
        int stride = ParameterLayout.Padded(columns);
        float[] gradient = new float[rows * stride + 1], output = new float[rows * stride + 1], sums = new float[stride];
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < columns; j++)
                (gradient[r * stride + j], output[r * stride + j]) = (random.NextSingle() - 0.5f, Math.Max(0, random.NextSingle() - 0.5f));
        sums.AsSpan(0, columns).Fill(1);
        float[] before = [.. gradient];
        fixed (float* g = gradient, y = output, s = sums) Columns.Sum<T>(g, stride, rectified ? y : null, factor, rows, columns, s, accumulate);
        for (int j = 0; j < columns; j++)
        {
            float sum = accumulate ? 1 : 0;
            for (int r = 0; r < rows; r++)
            {
                float expected = !rectified || output[r * stride + j] > 0 ? before[r * stride + j] : 0;
                gradient[r * stride + j].Should().Be(expected * factor);
                sum += expected;
            }
            sums[j].Should().Be(sum);
        }
    }
}
