namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// A handful of neighbouring floats that are computed together: one vector register. Kernels are written once, generically
/// over the lane type; the widest that the processor has is chosen where they are called (<see cref="Simd"/>).
/// </summary>
internal unsafe interface ILane<T> where T : struct, ILane<T>
{
    /// <summary>Floats per lane.</summary>
    static abstract int Count { get; }

    /// <summary>Rows that the matrix-product tile of this lane holds in registers, two lanes wide.</summary>
    static abstract int TileRows { get; }

    static abstract T Load(float* source);

    static abstract void Store(T value, float* target);

    /// <summary>
    /// As <see cref="Store"/>, past the caches, to a multiple of the lane's size: for what another core reads next. Where cores share no cache, a plain store waits
    /// until the other one has given up its copy of the line: 9 ns instead of 1 on a virtual machine with two processors.
    /// </summary>
    static abstract void StoreAside(T value, float* target);

    static abstract T All(float value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    /// <summary>a b + c, rounded once where the processor has such an instruction.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>As above with the numbers at <paramref name="b"/>, read by the instruction itself.</summary>
    static abstract T MultiplyAdd(T a, float* b, T c);

    /// <summary>The larger; <paramref name="b"/> where either is NaN (x86).</summary>
    static abstract T Max(T a, T b);

    /// <summary>The smaller; <paramref name="b"/> where either is NaN (x86).</summary>
    static abstract T Min(T a, T b);

    static abstract T Abs(T a);

    static abstract T Sqrt(T a);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract T Round(T a);

    /// <summary>2 to the power <paramref name="n"/>, an integer from -126 to 127.</summary>
    static abstract T PowerOfTwo(T n);

    /// <summary>a 2^n, rounded once, for integers n from -252 to 254.</summary>
    static abstract T Scale(T a, T n);

    /// <summary>a &gt; b: all bits set where true.</summary>
    static abstract T Greater(T a, T b);

    /// <summary>Bitwise choice by a mask from <see cref="Greater"/>.</summary>
    static abstract T Where(T mask, T yes, T no);

    /// <summary><paramref name="value"/> where the mask is set, else +0.</summary>
    static abstract T Keep(T mask, T value);

    /// <summary>A bit per float, the first the lowest: set where it is not zero (NaN is not).</summary>
    static abstract uint NonZeros(T a);

    /// <summary>The sum of its floats, pairwise.</summary>
    static abstract float Sum(T a);
}
