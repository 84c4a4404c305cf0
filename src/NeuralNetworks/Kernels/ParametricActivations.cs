using System.Runtime.CompilerServices;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// y = (x + (f(x) - x) * blend) * mask, forward and backward, over matrices whose rows are a multiple of 16 apart. The mask is that of a dropout behind it, or null.
/// </summary>
internal static unsafe class ParametricActivations
{
    /// <summary>y from x.</summary>
    public static void Apply(ActivationFunction function, float* x, float* blend, float* mask, float* y, int rows, int stride)
    {
        if (Simd.Width == 512) Apply<Lane512>(function, x, blend, mask, y, rows, stride);
        else if (Simd.Width == 256) Apply<Lane256>(function, x, blend, mask, y, rows, stride);
        else Apply<Lane128>(function, x, blend, mask, y, rows, stride);
    }

    /// <summary>dy becomes dx = dy mask (1 - blend + blend f'(x)); sums = (or +=) the column sums of dy mask (f(x) - x). <paramref name="sums"/> has room for a stride.</summary>
    public static void Backward(ActivationFunction function, float* x, float* blend, float* mask, float* dy, int rows, int stride, float* sums, bool accumulate)
    {
        if (Simd.Width == 512) Backward<Lane512>(function, x, blend, mask, dy, rows, stride, sums, accumulate);
        else if (Simd.Width == 256) Backward<Lane256>(function, x, blend, mask, dy, rows, stride, sums, accumulate);
        else Backward<Lane128>(function, x, blend, mask, dy, rows, stride, sums, accumulate);
    }

    public static void Apply<T>(ActivationFunction function, float* x, float* blend, float* mask, float* y, int rows, int stride) where T : struct, ILane<T>
    {
        switch (function)
        {
            case ActivationFunction.Relu: Apply<T, Relu>(x, blend, mask, y, rows, stride); break;
            case ActivationFunction.Gelu: Apply<T, Gelu>(x, blend, mask, y, rows, stride); break;
            case ActivationFunction.Silu: Apply<T, Silu>(x, blend, mask, y, rows, stride); break;
            case ActivationFunction.Selu: Apply<T, Selu>(x, blend, mask, y, rows, stride); break;
            case ActivationFunction.Mish: Apply<T, Mish>(x, blend, mask, y, rows, stride); break;
            case ActivationFunction.Tanh: Apply<T, Tanh>(x, blend, mask, y, rows, stride); break;
            case ActivationFunction.Sigmoid: Apply<T, Sigmoid>(x, blend, mask, y, rows, stride); break;
            default: throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }

    public static void Backward<T>(ActivationFunction function, float* x, float* blend, float* mask, float* dy, int rows, int stride, float* sums, bool accumulate)
        where T : struct, ILane<T>
    {
        switch (function)
        {
            case ActivationFunction.Relu: Backward<T, Relu>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            case ActivationFunction.Gelu: Backward<T, Gelu>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            case ActivationFunction.Silu: Backward<T, Silu>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            case ActivationFunction.Selu: Backward<T, Selu>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            case ActivationFunction.Mish: Backward<T, Mish>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            case ActivationFunction.Tanh: Backward<T, Tanh>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            case ActivationFunction.Sigmoid: Backward<T, Sigmoid>(x, blend, mask, dy, rows, stride, sums, accumulate); break;
            default: throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<T, TFunction>(float* x, float* blend, float* mask, float* y, int rows, int stride)
        where T : struct, ILane<T> where TFunction : struct, IElementwise
    {
        for (int r = 0; r < rows; r++, x += stride, y += stride)
        {
            for (int j = 0; j < stride; j += T.Count)
            {
                T value = T.Load(x + j);
                value = T.MultiplyAdd(TFunction.Apply(value) - value, T.Load(blend + j), value);
                T.Store(mask == null ? value : value * T.Load(mask + j), y + j);
            }
            if (mask != null) mask += stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T, TFunction>(float* x, float* blend, float* mask, float* dy, int rows, int stride, float* sums, bool accumulate)
        where T : struct, ILane<T> where TFunction : struct, IElementwise
    {
        for (int j = 0; j < stride; j += T.Count)
        {
            T a = T.Load(blend + j), rest = T.All(1f) - a, sum = accumulate ? T.Load(sums + j) : default;
            float* p = x + j, d = dy + j, m = mask + j;
            for (int r = 0; r < rows; r++, p += stride, d += stride)
            {
                T input = T.Load(p), gradient = T.Load(d);
                if (mask != null)
                {
                    gradient *= T.Load(m);
                    m += stride;
                }
                TFunction.Both(input, out T value, out T slope);
                sum = T.MultiplyAdd(gradient, value - input, sum);
                T.Store(gradient * T.MultiplyAdd(a, slope, rest), d);
            }
            T.Store(sum, sums + j);
        }
    }
}
