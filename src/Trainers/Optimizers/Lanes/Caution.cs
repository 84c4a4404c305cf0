using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>
/// Cautious steps: those that disagree in sign with the gradient are left out, the others scaled by n / (number of others), at most
/// by 1000. The rule hands each step to <see cref="Allow"/>; <see cref="Caution.Move"/> takes them once the share is known.
/// </summary>
internal readonly ref struct Caution<T>(Parameters<T> p, bool on) where T : struct, ILane<T>
{
    private readonly Span<T> allowed = on ? p[Caution.Slot] : default;
    private readonly T none = 0;

    /// <summary>What to step at once: the whole step without caution, nothing with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Allow(int i, T step, T g)
    {
        if (allowed.IsEmpty) return step;
        allowed[i] = T.Where(step * g, step, none);
        return none;
    }
}

/// <summary>The second half of cautious steps.</summary>
internal static class Caution
{
    internal const string Slot = "allowed";
    private const double SmallestShare = 1e-3;

    /// <summary>Takes the allowed steps, layer by layer.</summary>
    /// <param name="p">The parameters.</param>
    /// <param name="rescale">Whether allowed steps are scaled up.</param>
    /// <param name="countOneMore">Whether the share is (allowed + 1) / n, as pytorch_optimizer has it, and without a least one.</param>
    public static void Move<T>(Parameters<T> p, bool rescale = true, bool countOneMore = false) where T : struct, ILane<T>
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            double allowed = layer.Sum(new IsAllowed<T>(layer[Slot]));
            double share = countOneMore ? (allowed + 1) / layer.Count : Math.Max(allowed / layer.Count, SmallestShare);
            layer.Apply(new Steps<T>(layer[Slot], rescale ? 1 / share : 1));
        }
    }

    private readonly ref struct IsAllowed<T>(ReadOnlySpan<T> allowed) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> allowed = allowed;
        private readonly T yes = 1, no = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => T.Where(T.Abs(allowed[i]), yes, no);
    }

    private readonly ref struct Steps<T>(ReadOnlySpan<T> allowed, double scale) : IRule<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> allowed = allowed;
        private readonly T scale = scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => w - scale * allowed[i];
    }
}
