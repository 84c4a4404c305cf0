using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// Elementary functions on lanes: polynomials fitted by Chebyshev interpolation, with relative error below 2e-8 before rounding.
/// NaN in gives NaN out.
/// </summary>
internal static class Functions
{
    /// <summary>
    /// exp(x), within 2 units in the last place where the result is a normal number; overflows to infinity, underflows gradually to 0.
    /// exp(x) = 2^n exp(r) with n = round(x / ln 2) and |r| at most ln(2) / 2.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x) where T : struct, ILane<T>
    {
        Reduce(x, out T n, out T p);
        return T.Scale(T.All(1f) + p, n);
    }

    /// <summary>exp(x) - 1, within 3 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpMinusOne<T>(T x) where T : struct, ILane<T>
    {
        Reduce(x, out T n, out T p);
        return T.Scale(p, n) + (T.Scale(T.All(1f), n) - T.All(1f));
    }

    /// <summary>tanh(x), within 3 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x) where T : struct, ILane<T>
    {
        T size = T.Abs(x), square = x * x;
        T q = T.All(-0.006096714164916994f);
        q = T.MultiplyAdd(q, square, T.All(0.020997178998494154f));
        q = T.MultiplyAdd(q, square, T.All(-0.05385090957846958f));
        q = T.MultiplyAdd(q, square, T.All(0.13332769736977823f));
        q = T.MultiplyAdd(q, square, T.All(-0.33333328944134355f));
        T near = T.MultiplyAdd(q * square, x, x);
        T far = T.All(1f) - T.All(2f) / (Exp(size + size) + T.All(1f));
        far = T.Where(T.Greater(T.All(0f), x), T.All(0f) - far, far);
        return T.Where(T.Greater(T.All(0.625f), size), near, far);
    }

    /// <summary>1 / (1 + exp(-x)), within 3 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x) where T : struct, ILane<T> => T.All(1f) / (T.All(1f) + Exp(T.All(0f) - x));

    /// <summary>
    /// The normal distribution function and its density: the tail beyond |x| is exp(-x^2 / 2) times a polynomial in
    /// (|x| - 3) / (|x| + 3), so that small probabilities keep their digits (relative error below 1e-6 for |x| up to 5).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Normal<T>(T x, out T distribution, out T density) where T : struct, ILane<T>
    {
        T e = Exp(x * x * T.All(-0.5f));
        T t = T.All(1f) - T.All(6f) / (T.Abs(x) + T.All(3f));
        T q = T.All(5.400258824674668e-05f);
        q = T.MultiplyAdd(q, t, T.All(0.00011609891243935492f));
        q = T.MultiplyAdd(q, t, T.All(-0.00033944964550281154f));
        q = T.MultiplyAdd(q, t, T.All(-0.0009841322798013654f));
        q = T.MultiplyAdd(q, t, T.All(0.0029043985434668664f));
        q = T.MultiplyAdd(q, t, T.All(0.006132138808096093f));
        q = T.MultiplyAdd(q, t, T.All(-0.046213245892671666f));
        q = T.MultiplyAdd(q, t, T.All(0.12322502788533268f));
        q = T.MultiplyAdd(q, t, T.All(-0.2064026220141463f));
        q = T.MultiplyAdd(q, t, T.All(0.12151394763466442f));
        T tail = q * e;
        distribution = T.Where(T.Greater(x, T.All(0f)), T.All(1f) - tail, tail);
        density = e * T.All(0.3989422804014327f);
    }

    /// <summary>
    /// sin(2 pi t) and cos(2 pi t), absolute error below 2e-7 for |t| up to 2^20: t is reduced to [-1/2, 1/2], and the angle is doubled
    /// from [-pi/2, pi/2].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SinCosOfTurns<T>(T turns, out T sine, out T cosine) where T : struct, ILane<T>
    {
        T p = SineOfHalfTurns(turns, out T square);
        T q = T.All(-0.02439593222031059f);
        q = T.MultiplyAdd(q, square, T.All(0.23493706866611316f));
        q = T.MultiplyAdd(q, square, T.All(-1.3352119494048795f));
        q = T.MultiplyAdd(q, square, T.All(4.05870915476431f));
        q = T.MultiplyAdd(q, square, T.All(-4.934802136928977f));
        q = T.MultiplyAdd(q, square, T.All(0.9999999997791542f));
        sine = (p + p) * q;
        cosine = T.MultiplyAdd(p + p, T.All(0f) - p, T.All(1f));
    }

    /// <summary>cos(2 pi t), the same bits as <see cref="SinCosOfTurns"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T CosOfTurns<T>(T turns) where T : struct, ILane<T>
    {
        T p = SineOfHalfTurns(turns, out _);
        return T.MultiplyAdd(p + p, T.All(0f) - p, T.All(1f));
    }

    /// <summary>sin(pi r) of what is left of t, in [-1/2, 1/2], and r^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T SineOfHalfTurns<T>(T turns, out T square) where T : struct, ILane<T>
    {
        T r = turns - T.Round(turns);
        square = r * r;
        T p = T.All(0.07765591226780089f);
        p = T.MultiplyAdd(p, square, T.All(-0.5982904112788674f));
        p = T.MultiplyAdd(p, square, T.All(2.550077386528119f));
        p = T.MultiplyAdd(p, square, T.All(-5.16771007666827f));
        return T.MultiplyAdd(p, square, T.All(3.141592640077203f)) * r;
    }

    /// <summary>x = n ln 2 + r and p = exp(r) - 1. Below -104 and above 89.5 the result is 0 and infinity anyway.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce<T>(T x, out T n, out T p) where T : struct, ILane<T>
    {
        x = T.Min(T.All(89.5f), T.Max(T.All(-104f), x));
        n = T.Round(x * T.All(1.44269504f));
        // ln 2 in two parts: the product with the first is exact.
        T r = T.MultiplyAdd(n, T.All(-0.693145752f), x);
        r = T.MultiplyAdd(n, T.All(-1.42860677e-6f), r);
        T q = T.All(0.001392617611892192f);
        q = T.MultiplyAdd(q, r, T.All(0.0083631730745281f));
        q = T.MultiplyAdd(q, r, T.All(0.041666554662061546f));
        q = T.MultiplyAdd(q, r, T.All(0.16666577025597867f));
        q = T.MultiplyAdd(q, r, T.All(0.5f));
        p = T.MultiplyAdd(q * r, r, r);
    }

    /// <summary><see cref="ILane{T}.Scale"/> where the processor has no instruction for it: in two steps so that neither leaves the range of exponents.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ScaleInTwoSteps<T>(T x, T n) where T : struct, ILane<T>
    {
        T half = T.Round(n * T.All(0.5f));
        return x * T.PowerOfTwo(half) * T.PowerOfTwo(n - half);
    }
}
