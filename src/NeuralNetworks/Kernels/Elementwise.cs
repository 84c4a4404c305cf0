using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

internal readonly struct Relu : IElementwise
{
    public static bool KeepsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T> => T.Max(T.All(0f), x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T> => T.Keep(T.Greater(kept, T.All(0f)), T.All(1f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        T y = Apply(x);
        value = y - x;
        slope = Derivative(y) - T.All(1f);
    }
}

internal readonly struct Gelu : IElementwise
{
    public static bool KeepsInput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T>
    {
        Functions.Normal(x, out T distribution, out _);
        return x * distribution;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T>
    {
        Functions.Normal(kept, out T distribution, out T density);
        return T.MultiplyAdd(kept, density, distribution);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        Functions.Normal(x, out T distribution, out T density);
        value = x * distribution - x;
        slope = T.MultiplyAdd(x, density, distribution) - T.All(1f);
    }
}

internal readonly struct Silu : IElementwise
{
    public static bool KeepsInput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T> => x / (T.All(1f) + Functions.Exp(T.All(0f) - x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T>
    {
        T s = Functions.Sigmoid(kept);
        return s * T.MultiplyAdd(kept, T.All(1f) - s, T.All(1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        T s = Functions.Sigmoid(x);
        value = x * s - x;
        slope = s * T.MultiplyAdd(x, T.All(1f) - s, T.All(1f)) - T.All(1f);
    }
}

internal readonly struct Selu : IElementwise
{
    private const float Scale = 1.0507009873554805f;
    private const float NegativeScale = 1.7580993408473766f; // 1.0507... * 1.6732...

    public static bool KeepsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T> =>
        T.Where(T.Greater(x, T.All(0f)), x * T.All(Scale), Functions.ExpMinusOne(x) * T.All(NegativeScale));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T> =>
        T.Where(T.Greater(kept, T.All(0f)), T.All(Scale), kept + T.All(NegativeScale));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        T y = Apply(x);
        value = y - x;
        slope = Derivative(y) - T.All(1f);
    }
}

/// <summary>With e = exp(x): tanh(ln(1 + e)) = w / (w + 2), w = e (e + 2). From x = 20 on that is 1 to the last bit.</summary>
internal readonly struct Mish : IElementwise
{
    public static bool KeepsInput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T>
    {
        T e = Functions.Exp(T.Min(T.All(20f), x));
        T w = e * (e + T.All(2f));
        return x * w / (w + T.All(2f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T>
    {
        T e = Functions.Exp(T.Min(T.All(20f), kept));
        T w = e * (e + T.All(2f)), d = w + T.All(2f);
        return (w + kept * T.All(4f) * e * (e + T.All(1f)) / d) / d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        // With h = 2 / (w + 2): f(x) - x = -x h and f'(x) - 1 = h (x h e (e + 1) - 1).
        T e = Functions.Exp(T.Min(T.All(20f), x));
        T square = T.MultiplyAdd(e, e, e), h = T.All(2f) / (square + e + T.All(2f)), xh = x * h;
        value = T.All(0f) - xh;
        slope = h * (xh * square - T.All(1f));
    }
}

internal readonly struct Tanh : IElementwise
{
    public static bool KeepsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T> => Functions.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T> => T.All(1f) - kept * kept;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        T y = Apply(x);
        value = y - x;
        slope = Derivative(y) - T.All(1f);
    }
}

internal readonly struct Sigmoid : IElementwise
{
    public static bool KeepsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x) where T : struct, ILane<T> => Functions.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Derivative<T>(T kept) where T : struct, ILane<T> => kept * (T.All(1f) - kept);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>
    {
        T y = Apply(x);
        value = y - x;
        slope = Derivative(y) - T.All(1f);
    }
}
