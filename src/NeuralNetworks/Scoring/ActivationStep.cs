using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>A function of each number.</summary>
internal sealed class ActivationStep(int size, ActivationFunction function) : ForwardStep(size, size)
{
    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch) =>
        Apply(function, input[..(rows * Stride(Inputs))], output);

    /// <summary>output_i = f(input_i). The length is a multiple of 16; the two may be the same.</summary>
    public static void Apply(ActivationFunction function, ReadOnlySpan<float> input, Span<float> output)
    {
        switch (function)
        {
            case ActivationFunction.Relu: Apply<Relu>(input, output); break;
            case ActivationFunction.Gelu: Apply<Gelu>(input, output); break;
            case ActivationFunction.Silu: Apply<Silu>(input, output); break;
            case ActivationFunction.Selu: Apply<Selu>(input, output); break;
            case ActivationFunction.Mish: Apply<Mish>(input, output); break;
            case ActivationFunction.Tanh: Apply<Tanh>(input, output); break;
            case ActivationFunction.Sigmoid: Apply<Sigmoid>(input, output); break;
            default: throw new ArgumentOutOfRangeException(nameof(function), function, "The activation is not known.");
        }
    }

    private static void Apply<T>(ReadOnlySpan<float> input, Span<float> output) where T : IFunction
    {
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output[..input.Length]);
        for (nuint i = 0; i < (nuint)input.Length; i += 16)
            T.At(Vector512.LoadUnsafe(ref x, i)).StoreUnsafe(ref y, i);
    }

    private interface IFunction
    {
        static abstract Vector512<float> At(Vector512<float> x);
    }

    private struct Relu : IFunction
    {
        public static Vector512<float> At(Vector512<float> x) => Vector512.Max(x, Vector512<float>.Zero);
    }

    private struct Sigmoid : IFunction
    {
        public static Vector512<float> At(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Vector512.Exp(-x));
    }

    private struct Silu : IFunction
    {
        public static Vector512<float> At(Vector512<float> x) => x / (Vector512<float>.One + Vector512.Exp(-x));
    }

    private struct Selu : IFunction
    {
        private const float Scale = 1.05070098735548f, Alpha = 1.67326324235437f;

        public static Vector512<float> At(Vector512<float> x)
        {
            // exp(x) - 1 loses digits near 0: there, its series.
            Vector512<float> expm1 = Vector512.Exp(Vector512.Min(x, Vector512<float>.Zero)) - Vector512<float>.One;
            Vector512<float> series = x * (Vector512<float>.One + x * (Vector512.Create(0.5f) + x * (Vector512.Create(1 / 6f) + x * (Vector512.Create(1 / 24f) + x * Vector512.Create(1 / 120f)))));
            expm1 = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(-0.25f)), series, expm1);
            return Scale * Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), x, Alpha * expm1);
        }
    }

    private struct Mish : IFunction
    {
        // With e = exp(x), tanh(ln(1 + e)) = n / (n + 2) where n = e (e + 2).
        public static Vector512<float> At(Vector512<float> x)
        {
            Vector512<float> e = Vector512.Exp(Vector512.Min(x, Vector512.Create(20f)));
            Vector512<float> n = e * (e + Vector512.Create(2f));
            return x * n / (n + Vector512.Create(2f));
        }
    }

    private struct Tanh : IFunction
    {
        public static Vector512<float> At(Vector512<float> x)
        {
            // tanh |x| = (1 - e) / (1 + e) with e = exp(-2 |x|); near 0, where that loses digits, its series.
            Vector512<float> size = Vector512.Abs(x), e = Vector512.Exp(size * -2f), square = x * x;
            Vector512<float> far = Vector512.CopySign((Vector512<float>.One - e) / (Vector512<float>.One + e), x);
            Vector512<float> near = x * (Vector512<float>.One + square * (Vector512.Create(-1 / 3f) + square * (Vector512.Create(2 / 15f) + square * (Vector512.Create(-17 / 315f) + square * Vector512.Create(62 / 2835f)))));
            return Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(0.25f)), near, far);
        }
    }

    private struct Gelu : IFunction
    {
        // With z = |x| / sqrt 2: x Phi(x) = x - x erfc(z) / 2 for x > 0, x erfc(z) / 2 otherwise, and
        // erfc(z) = exp(-z^2) t P(t), t = 1 / (1 + 0.28 z); P interpolates at Chebyshev nodes, relative error 1e-8 for z to 10.
        public static Vector512<float> At(Vector512<float> x)
        {
            Vector512<float> z = Vector512.Min(Vector512.Abs(x) * 0.70710678f, Vector512.Create(10f));
            Vector512<float> t = Vector512<float>.One / (Vector512<float>.One + z * 0.28f);
            Vector512<float> p = Vector512.Create(-0.0989661853f);
            p = p * t + Vector512.Create(0.362066222f);
            p = p * t + Vector512.Create(-0.363777254f);
            p = p * t + Vector512.Create(0.361154866f);
            p = p * t + Vector512.Create(-0.00326324174f);
            p = p * t + Vector512.Create(0.130929543f);
            p = p * t + Vector512.Create(0.146889173f);
            p = p * t + Vector512.Create(0.148502827f);
            p = p * t + Vector512.Create(0.158526539f);
            p = p * t + Vector512.Create(0.157937507f);
            Vector512<float> tail = x * (0.5f * p * t * Vector512.Exp(-(z * z)));
            return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), x - tail, tail);
        }
    }
}
