using System.Runtime.CompilerServices;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// y = (x + (f(x) - x) * blend) * mask, forward and backward, over matrices whose rows are a multiple of 16 apart and readable up to a
/// multiple of 16. The mask is that of a dropout behind it, or null.
/// </summary>
internal static unsafe class ParametricActivations
{
    /// <summary>y from x, without a mask.</summary>
    public static void Apply(ActivationFunction function, float* x, float* blend, float* y, int rows, int columns, int stride)
    {
        if (Simd.Width == 512) Apply<Lane512>(function, x, blend, y, rows, columns, stride);
        else if (Simd.Width == 256) Apply<Lane256>(function, x, blend, y, rows, columns, stride);
        else Apply<Lane128>(function, x, blend, y, rows, columns, stride);
    }

    /// <summary>
    /// y from x, and what the backward pass needs, so that f is computed once: the slope dy/dx = (1 - blend + blend f'(x)) mask and the push
    /// dy/dblend = (f(x) - x) mask, which may lie where x was.
    /// </summary>
    public static void Forward(ActivationFunction function, float* x, float* blend, float* mask, float* y, float* slope, float* push, int rows, int columns, int stride)
    {
        if (Simd.Width == 512) Forward<Lane512>(function, x, blend, mask, y, slope, push, rows, columns, stride);
        else if (Simd.Width == 256) Forward<Lane256>(function, x, blend, mask, y, slope, push, rows, columns, stride);
        else Forward<Lane128>(function, x, blend, mask, y, slope, push, rows, columns, stride);
    }

    /// <summary>dy becomes dx = dy slope; sums = (or +=) the column sums of dy push. <paramref name="sums"/> has room for a multiple of 16.</summary>
    public static void Backward(float* slope, float* push, float* dy, int rows, int columns, int stride, float* sums, bool accumulate)
    {
        if (Simd.Width == 512) Backward<Lane512>(slope, push, dy, rows, columns, stride, sums, accumulate);
        else if (Simd.Width == 256) Backward<Lane256>(slope, push, dy, rows, columns, stride, sums, accumulate);
        else Backward<Lane128>(slope, push, dy, rows, columns, stride, sums, accumulate);
    }

    public static void Apply<T>(ActivationFunction function, float* x, float* blend, float* y, int rows, int columns, int stride) where T : struct, ILane<T>
    {
        switch (function)
        {
            case ActivationFunction.Relu: Apply<T, Relu>(x, blend, y, rows, columns, stride); break;
            case ActivationFunction.Gelu: Apply<T, Gelu>(x, blend, y, rows, columns, stride); break;
            case ActivationFunction.Silu: Apply<T, Silu>(x, blend, y, rows, columns, stride); break;
            case ActivationFunction.Selu: Apply<T, Selu>(x, blend, y, rows, columns, stride); break;
            case ActivationFunction.Mish: Apply<T, Mish>(x, blend, y, rows, columns, stride); break;
            case ActivationFunction.Tanh: Apply<T, Tanh>(x, blend, y, rows, columns, stride); break;
            case ActivationFunction.Sigmoid: Apply<T, Sigmoid>(x, blend, y, rows, columns, stride); break;
            default: throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }

    public static void Forward<T>(ActivationFunction function, float* x, float* blend, float* mask, float* y, float* slope, float* push, int rows, int columns, int stride)
        where T : struct, ILane<T>
    {
        switch (function)
        {
            case ActivationFunction.Relu: Forward<T, Relu>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            case ActivationFunction.Gelu: Forward<T, Gelu>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            case ActivationFunction.Silu: Forward<T, Silu>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            case ActivationFunction.Selu: Forward<T, Selu>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            case ActivationFunction.Mish: Forward<T, Mish>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            case ActivationFunction.Tanh: Forward<T, Tanh>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            case ActivationFunction.Sigmoid: Forward<T, Sigmoid>(x, blend, mask, y, slope, push, rows, columns, stride); break;
            default: throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<T>(float* slope, float* push, float* dy, int rows, int columns, int stride, float* sums, bool accumulate) where T : struct, ILane<T>
    {
        int width = ParameterLayout.Padded(columns);
        if (!accumulate) new Span<float>(sums, width).Clear();
        for (int r = 0; r < rows; r++, slope += stride, push += stride, dy += stride)
            for (int j = 0; j < width; j += T.Count)
            {
                T gradient = T.Load(dy + j);
                T.Store(T.MultiplyAdd(gradient, T.Load(push + j), T.Load(sums + j)), sums + j);
                T.Store(gradient * T.Load(slope + j), dy + j);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<T, TFunction>(float* x, float* blend, float* y, int rows, int columns, int stride)
        where T : struct, ILane<T> where TFunction : struct, IElementwise
    {
        int width = ParameterLayout.Padded(columns);
        for (int r = 0; r < rows; r++, x += stride, y += stride)
            for (int j = 0; j < width; j += T.Count)
            {
                T value = T.Load(x + j);
                T.Store(T.MultiplyAdd(TFunction.Apply(value) - value, T.Load(blend + j), value), y + j);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<T, TFunction>(float* x, float* blend, float* mask, float* y, float* slope, float* push, int rows, int columns, int stride)
        where T : struct, ILane<T> where TFunction : struct, IElementwise
    {
        int width = ParameterLayout.Padded(columns);
        T one = T.All(1f);
        for (int r = 0; r < rows; r++, x += stride, y += stride, slope += stride, push += stride)
        {
            for (int j = 0; j < width; j += T.Count)
            {
                T input = T.Load(x + j), a = T.Load(blend + j);
                TFunction.Bend(input, out T bend, out T derivative);
                T value = T.MultiplyAdd(bend, a, input);
                derivative = T.MultiplyAdd(a, derivative, one);
                if (mask != null)
                {
                    T kept = T.Load(mask + j);
                    value *= kept;
                    derivative *= kept;
                    bend *= kept;
                }
                T.Store(value, y + j);
                T.Store(derivative, slope + j);
                T.Store(bend, push + j);
            }
            if (mask != null) mask += stride;
        }
    }
}
