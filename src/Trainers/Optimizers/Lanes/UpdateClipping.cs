using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>How much larger a layer's gradient is than its mean square says. Wortsman et al. 2023, arXiv:2304.13013.</summary>
internal static class UpdateClipping
{
    private const double Floor = 1e-16;

    /// <summary>max(1, RMS(g / sqrt(v))): what the layer's rate is divided by.</summary>
    public static double Divisor<T>(Parameters<T> layer, Moment now) where T : struct, ILane<T> =>
        Math.Max(1, Math.Sqrt(layer.Sum(new Surprise<T>(layer, now)) / layer.Count));

    private readonly ref struct Surprise<T>(Parameters<T> p, Moment now) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> w = p.Weights, g = p.Gradients, v = p["v"];
        private readonly T decay = now.Coupled, floor = Floor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i)
        {
            T gradient = g[i] + decay * w[i];
            return gradient * gradient / T.Max(v[i], floor);
        }
    }
}
