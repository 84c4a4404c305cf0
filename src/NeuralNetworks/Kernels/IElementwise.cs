namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>A function of one number, on lanes, with its derivative.</summary>
internal interface IElementwise
{
    /// <summary>Whether <see cref="Derivative"/> is given the input; else it is given the output.</summary>
    static abstract bool KeepsInput { get; }

    /// <summary>f(x).</summary>
    static abstract T Apply<T>(T x) where T : struct, ILane<T>;

    /// <summary>f'(x), from x or f(x).</summary>
    static abstract T Derivative<T>(T kept) where T : struct, ILane<T>;

    /// <summary>How far f bends away from the identity: f(x) - x and f'(x) - 1, from x.</summary>
    static abstract void Bend<T>(T x, out T value, out T slope) where T : struct, ILane<T>;
}
