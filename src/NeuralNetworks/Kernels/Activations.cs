using System.Runtime.CompilerServices;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Activation functions over buffers, forward and backward.</summary>
internal static unsafe class Activations
{
    /// <summary>Whether the backward pass needs what went in; else it needs what came out.</summary>
    public static bool KeepsInput(ActivationFunction function) =>
        function is ActivationFunction.Gelu or ActivationFunction.Silu or ActivationFunction.Mish;

    /// <summary>output = f(input), any length; in place where the two are the same.</summary>
    public static void Apply(ActivationFunction function, ReadOnlySpan<float> input, Span<float> output)
    {
        output = output[..input.Length];
        if (Simd.Width == 512) Apply<Lane512>(function, input, output);
        else if (Simd.Width == 256) Apply<Lane256>(function, input, output);
        else Apply<Lane128>(function, input, output);
    }

    /// <summary>gradient *= f'(.), any length. <paramref name="kept"/> is what <see cref="KeepsInput"/> says.</summary>
    public static void Backward(ActivationFunction function, ReadOnlySpan<float> kept, Span<float> gradient)
    {
        kept = kept[..gradient.Length];
        if (Simd.Width == 512) Backward<Lane512>(function, kept, gradient);
        else if (Simd.Width == 256) Backward<Lane256>(function, kept, gradient);
        else Backward<Lane128>(function, kept, gradient);
    }

    public static void Apply<T>(ActivationFunction function, ReadOnlySpan<float> input, Span<float> output) where T : struct, ILane<T>
    {
        fixed (float* x = input, y = output)
        {
            switch (function)
            {
                case ActivationFunction.Relu: Apply<T, Relu>(x, y, input.Length); break;
                case ActivationFunction.Gelu: Apply<T, Gelu>(x, y, input.Length); break;
                case ActivationFunction.Silu: Apply<T, Silu>(x, y, input.Length); break;
                case ActivationFunction.Selu: Apply<T, Selu>(x, y, input.Length); break;
                case ActivationFunction.Mish: Apply<T, Mish>(x, y, input.Length); break;
                case ActivationFunction.Tanh: Apply<T, Tanh>(x, y, input.Length); break;
                case ActivationFunction.Sigmoid: Apply<T, Sigmoid>(x, y, input.Length); break;
                default: throw new ArgumentOutOfRangeException(nameof(function), function, null);
            }
        }
    }

    public static void Backward<T>(ActivationFunction function, ReadOnlySpan<float> kept, Span<float> gradient) where T : struct, ILane<T>
    {
        fixed (float* k = kept, d = gradient)
        {
            switch (function)
            {
                case ActivationFunction.Relu: Backward<T, Relu>(k, d, gradient.Length); break;
                case ActivationFunction.Gelu: Backward<T, Gelu>(k, d, gradient.Length); break;
                case ActivationFunction.Silu: Backward<T, Silu>(k, d, gradient.Length); break;
                case ActivationFunction.Selu: Backward<T, Selu>(k, d, gradient.Length); break;
                case ActivationFunction.Mish: Backward<T, Mish>(k, d, gradient.Length); break;
                case ActivationFunction.Tanh: Backward<T, Tanh>(k, d, gradient.Length); break;
                case ActivationFunction.Sigmoid: Backward<T, Sigmoid>(k, d, gradient.Length); break;
                default: throw new ArgumentOutOfRangeException(nameof(function), function, null);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<T, TFunction>(float* x, float* y, int count) where T : struct, ILane<T> where TFunction : struct, IElementwise
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count) T.Store(TFunction.Apply(T.Load(x + i)), y + i);
        if (i == count) return;
        float* rest = stackalloc float[T.Count];
        for (int j = 0; j < T.Count; j++) rest[j] = i + j < count ? x[i + j] : 0;
        T.Store(TFunction.Apply(T.Load(rest)), rest);
        for (int j = 0; i + j < count; j++) y[i + j] = rest[j];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T, TFunction>(float* k, float* d, int count) where T : struct, ILane<T> where TFunction : struct, IElementwise
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count) T.Store(T.Load(d + i) * TFunction.Derivative(T.Load(k + i)), d + i);
        if (i == count) return;
        float* rest = stackalloc float[T.Count];
        for (int j = 0; j < T.Count; j++) rest[j] = i + j < count ? k[i + j] : 0;
        T.Store(TFunction.Derivative(T.Load(rest)), rest);
        for (int j = 0; i + j < count; j++) d[i + j] *= rest[j];
    }
}
