using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.NeuralNetworks.Tests.Kernels;

[TestClass]
public sealed unsafe class PackedMatrixTests
{
    [TestMethod]
    public void PackTransposed_AnyShape_EqualsPackingTheTranspose()
    {
        foreach ((int rows, int columns) in new[] { (1, 1), (7, 5), (8, 32), (28, 128), (33, 70), (128, 31) })
            foreach (int lane in new[] { 4, 8, 16 })
            {
                float[] source = [.. Enumerable.Range(1, rows * columns).Select(i => (float)i)];
                var transpose = new float[rows * columns];
                Transpose.Run(source, rows, transpose, columns, columns, rows);
                PackedMatrix direct = new(rows, columns, lane), indirect = new(rows, columns, lane);
                direct.PackTransposed(source, rows, rows);
                indirect.Pack(transpose, rows, columns);

                Content(direct).Should().Equal(Content(indirect));
            }
    }

    [TestMethod]
    public void Transpose_AnyShapeAndStride_SwapsRowsAndColumns()
    {
        foreach ((int rows, int columns) in new[] { (0, 3), (1, 9), (4, 4), (8, 8), (9, 17), (31, 12) })
        {
            int sourceStride = columns + 2, targetStride = rows + 3;
            float[] source = [.. Enumerable.Range(1, rows * sourceStride).Select(i => (float)i)];
            var target = new float[columns * targetStride];
            Transpose.Run(source, sourceStride, target, targetStride, rows, columns);
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < columns; j++)
                    target[j * targetStride + i].Should().Be(source[i * sourceStride + j]);
        }
    }

    [TestMethod]
    public void Pack_SourceTooShort_Throws()
    {
        var packed = new PackedMatrix(4, 5);
        packed.Invoking(p => p.Pack(new float[19], 4, 5)).Should().Throw<ArgumentException>().WithMessage("source must hold 4 rows of 5 numbers but had 19.*");
        packed.Invoking(p => p.Pack(new float[100], 5, 5)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static float[] Content(PackedMatrix packed) =>
        new ReadOnlySpan<float>((void*)packed.Panels.Data, (int)packed.Panels.PanelStride * packed.Count).ToArray();
}
