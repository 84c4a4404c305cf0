using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// y = x W + b for wide outputs. W is kept in panels of 32 outputs, so that memory is read front to back and one panel's row fits two
/// AVX-512 registers. Every output adds its products in the order of the inputs, in the row path, the batch path and the sparse
/// path alike: they give the same bits.
/// </summary>
internal sealed class DenseStep : SparseStep
{
    private const int PanelWidth = 32;
    private const int TileRows = 8;

    private readonly Memory<float> panels;
    private readonly Memory<float> bias;

    /// <param name="inputs">Numbers per row in.</param>
    /// <param name="outputs">Numbers per row out.</param>
    /// <param name="weight">inputs x outputs, row-major.</param>
    /// <param name="factor">Multiplies the weights.</param>
    /// <param name="bias">One per output.</param>
    public DenseStep(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias) : base(inputs, outputs)
    {
        int padded = Stride(outputs);
        this.bias = AlignedMemory.Allocate<float>(padded);
        bias.CopyTo(this.bias.Span);
        panels = AlignedMemory.Allocate<float>(checked(inputs * padded));
        Span<float> target = panels.Span;
        for (int input = 0; input < inputs; input++)
            for (int output = 0; output < outputs; output++)
                target[(output / PanelWidth * inputs + input) * PanelWidth + output % PanelWidth] = weight[input * outputs + output] * factor;
    }

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        int row = 0;
        for (; row + TileRows <= rows; row += TileRows)
            RunTile(input.Slice(row * Stride(Inputs)), output.Slice(row * Stride(Outputs)));
        for (; row < rows; row++)
            RunRow(input.Slice(row * Stride(Inputs), Inputs), output.Slice(row * Stride(Outputs), Stride(Outputs)));
    }

    public override void RunSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> output)
    {
        ReadOnlySpan<float> weights = panels.Span;
        for (int j = 0; j < Stride(Outputs); j += PanelWidth)
        {
            ReadOnlySpan<float> panel = weights.Slice(j * Inputs, Inputs * PanelWidth);
            Vector512<float> first = Vector512.Create<float>(bias.Span.Slice(j, 16)), second = Vector512.Create<float>(bias.Span.Slice(j + 16, 16));
            for (int k = 0; k < indices.Length; k++)
            {
                ref float w = ref Unsafe.AsRef(in panel[indices[k] * PanelWidth]);
                Vector512<float> x = Vector512.Create(values[k]);
                first = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref w), first);
                second = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref w, 16), second);
            }
            first.CopyTo(output[j..]);
            second.CopyTo(output[(j + 16)..]);
        }
    }

    private void RunRow(ReadOnlySpan<float> input, Span<float> output)
    {
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float b = ref MemoryMarshal.GetReference(bias.Span);
        ref float w = ref MemoryMarshal.GetReference(panels.Span);
        ref float y = ref MemoryMarshal.GetReference(output);
        nuint count = (nuint)input.Length, panel = count * PanelWidth;
        nuint j = 0, end = (nuint)output.Length;
        for (; j + 4 * PanelWidth <= end; j += 4 * PanelWidth)
        {
            ref float p0 = ref Unsafe.Add(ref w, j * count);
            ref float p1 = ref Unsafe.Add(ref p0, panel);
            ref float p2 = ref Unsafe.Add(ref p1, panel);
            ref float p3 = ref Unsafe.Add(ref p2, panel);
            Vector512<float> a0 = Vector512.LoadUnsafe(ref b, j), a1 = Vector512.LoadUnsafe(ref b, j + 16);
            Vector512<float> a2 = Vector512.LoadUnsafe(ref b, j + 32), a3 = Vector512.LoadUnsafe(ref b, j + 48);
            Vector512<float> a4 = Vector512.LoadUnsafe(ref b, j + 64), a5 = Vector512.LoadUnsafe(ref b, j + 80);
            Vector512<float> a6 = Vector512.LoadUnsafe(ref b, j + 96), a7 = Vector512.LoadUnsafe(ref b, j + 112);
            nuint at = 0;
            for (nuint k = 0; k < count; k++, at += PanelWidth)
            {
                Vector512<float> v = Vector512.Create(Unsafe.Add(ref x, k));
                a0 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p0, at), a0);
                a1 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p0, at + 16), a1);
                a2 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p1, at), a2);
                a3 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p1, at + 16), a3);
                a4 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p2, at), a4);
                a5 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p2, at + 16), a5);
                a6 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p3, at), a6);
                a7 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p3, at + 16), a7);
            }
            a0.StoreUnsafe(ref y, j);
            a1.StoreUnsafe(ref y, j + 16);
            a2.StoreUnsafe(ref y, j + 32);
            a3.StoreUnsafe(ref y, j + 48);
            a4.StoreUnsafe(ref y, j + 64);
            a5.StoreUnsafe(ref y, j + 80);
            a6.StoreUnsafe(ref y, j + 96);
            a7.StoreUnsafe(ref y, j + 112);
        }
        for (; j < end; j += PanelWidth)
        {
            ref float p = ref Unsafe.Add(ref w, j * count);
            Vector512<float> a0 = Vector512.LoadUnsafe(ref b, j), a1 = Vector512.LoadUnsafe(ref b, j + 16);
            for (nuint k = 0; k < count; k++)
            {
                Vector512<float> v = Vector512.Create(Unsafe.Add(ref x, k));
                a0 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p, k * PanelWidth), a0);
                a1 = Vector512.FusedMultiplyAdd(v, Vector512.LoadUnsafe(ref p, k * PanelWidth + 16), a1);
            }
            a0.StoreUnsafe(ref y, j);
            a1.StoreUnsafe(ref y, j + 16);
        }
    }

    // 8 rows x 32 outputs in 16 registers.
    private void RunTile(ReadOnlySpan<float> input, Span<float> output)
    {
        ref float x0 = ref MemoryMarshal.GetReference(input);
        ref float b = ref MemoryMarshal.GetReference(bias.Span);
        ref float w = ref MemoryMarshal.GetReference(panels.Span);
        ref float y = ref MemoryMarshal.GetReference(output);
        nuint count = (nuint)Inputs, end = (nuint)Stride(Outputs), xStride = (nuint)Stride(Inputs);
        ref float x1 = ref Unsafe.Add(ref x0, xStride);
        ref float x2 = ref Unsafe.Add(ref x1, xStride);
        ref float x3 = ref Unsafe.Add(ref x2, xStride);
        ref float x4 = ref Unsafe.Add(ref x3, xStride);
        ref float x5 = ref Unsafe.Add(ref x4, xStride);
        ref float x6 = ref Unsafe.Add(ref x5, xStride);
        ref float x7 = ref Unsafe.Add(ref x6, xStride);
        for (nuint j = 0; j < end; j += PanelWidth)
        {
            ref float p = ref Unsafe.Add(ref w, j * count);
            Vector512<float> l0 = Vector512.LoadUnsafe(ref b, j), r0 = Vector512.LoadUnsafe(ref b, j + 16);
            Vector512<float> l1 = l0, l2 = l0, l3 = l0, l4 = l0, l5 = l0, l6 = l0, l7 = l0;
            Vector512<float> r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0, r7 = r0;
            for (nuint k = 0; k < count; k++)
            {
                Vector512<float> l = Vector512.LoadUnsafe(ref p), r = Vector512.LoadUnsafe(ref p, 16);
                p = ref Unsafe.Add(ref p, PanelWidth);
                Vector512<float> v = Vector512.Create(Unsafe.Add(ref x0, k));
                l0 = Vector512.FusedMultiplyAdd(v, l, l0);
                r0 = Vector512.FusedMultiplyAdd(v, r, r0);
                v = Vector512.Create(Unsafe.Add(ref x1, k));
                l1 = Vector512.FusedMultiplyAdd(v, l, l1);
                r1 = Vector512.FusedMultiplyAdd(v, r, r1);
                v = Vector512.Create(Unsafe.Add(ref x2, k));
                l2 = Vector512.FusedMultiplyAdd(v, l, l2);
                r2 = Vector512.FusedMultiplyAdd(v, r, r2);
                v = Vector512.Create(Unsafe.Add(ref x3, k));
                l3 = Vector512.FusedMultiplyAdd(v, l, l3);
                r3 = Vector512.FusedMultiplyAdd(v, r, r3);
                v = Vector512.Create(Unsafe.Add(ref x4, k));
                l4 = Vector512.FusedMultiplyAdd(v, l, l4);
                r4 = Vector512.FusedMultiplyAdd(v, r, r4);
                v = Vector512.Create(Unsafe.Add(ref x5, k));
                l5 = Vector512.FusedMultiplyAdd(v, l, l5);
                r5 = Vector512.FusedMultiplyAdd(v, r, r5);
                v = Vector512.Create(Unsafe.Add(ref x6, k));
                l6 = Vector512.FusedMultiplyAdd(v, l, l6);
                r6 = Vector512.FusedMultiplyAdd(v, r, r6);
                v = Vector512.Create(Unsafe.Add(ref x7, k));
                l7 = Vector512.FusedMultiplyAdd(v, l, l7);
                r7 = Vector512.FusedMultiplyAdd(v, r, r7);
            }
            Store(ref y, j, l0, r0);
            Store(ref y, j + end, l1, r1);
            Store(ref y, j + 2 * end, l2, r2);
            Store(ref y, j + 3 * end, l3, r3);
            Store(ref y, j + 4 * end, l4, r4);
            Store(ref y, j + 5 * end, l5, r5);
            Store(ref y, j + 6 * end, l6, r6);
            Store(ref y, j + 7 * end, l7, r7);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref float target, nuint at, Vector512<float> left, Vector512<float> right)
    {
        left.StoreUnsafe(ref target, at);
        right.StoreUnsafe(ref target, at + 16);
    }
}
