namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Arithmetic on a lane: one number, a register of numbers, or a symbol. A rule is written once over it.</summary>
internal interface ILane<T> where T : struct, ILane<T>
{
    /// <summary>The number in every place of the lane.</summary>
    static abstract implicit operator T(double value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T operator -(T a);

    static abstract T Sqrt(T a);

    static abstract T Cbrt(T a);

    static abstract T Exp(T a);

    static abstract T Abs(T a);

    static abstract T Max(T a, T b);

    static abstract T Min(T a, T b);

    /// <summary>-1, 0 or 1.</summary>
    static abstract T Sign(T a);

    /// <summary><paramref name="yes"/> where <paramref name="condition"/> is greater than 0, else <paramref name="no"/>.</summary>
    static abstract T Where(T condition, T yes, T no);

    /// <summary>
    /// Adds each number of <paramref name="a"/>, the lane of index <paramref name="i"/>, to the running sum of its place modulo
    /// <see cref="LaneSums.Count"/>. The order of additions depends on places alone, so every width gives the same bits.
    /// </summary>
    static abstract void AddTo(ref LaneSums sums, int i, T a);

    /// <summary>Puts it to a place that is a multiple of its size, past the caches where there is a way to: for what another core reads next.</summary>
    static virtual void StoreAside(T a, ref T place) => place = a;
}

/// <summary>So that rules read <c>Sqrt(v)</c> and not <c>T.Sqrt(v)</c>.</summary>
internal static class Lane
{
    public static T Sqrt<T>(T a) where T : struct, ILane<T> => T.Sqrt(a);

    public static T Cbrt<T>(T a) where T : struct, ILane<T> => T.Cbrt(a);

    public static T Exp<T>(T a) where T : struct, ILane<T> => T.Exp(a);

    public static T Abs<T>(T a) where T : struct, ILane<T> => T.Abs(a);

    public static T Max<T>(T a, T b) where T : struct, ILane<T> => T.Max(a, b);

    public static T Min<T>(T a, T b) where T : struct, ILane<T> => T.Min(a, b);

    public static T Sign<T>(T a) where T : struct, ILane<T> => T.Sign(a);

    public static T Where<T>(T condition, T yes, T no) where T : struct, ILane<T> => T.Where(condition, yes, no);
}
