using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>
/// Numbers too small to be normal become zero. A running mean whose gradients have ended (of a unit that died) shrinks into them and stays
/// for ever, because 0.9 times four of the smallest steps rounds to four of them again; so do weights under decay. Processors are slow
/// with such numbers, and .NET cannot switch them off.
/// </summary>
internal static class Denormals
{
    /// <summary>
    /// Steps from one pass to the next. At every step a pass would be a good part of the update; at every 128th it is below a hundredth,
    /// and nothing stays denormal for longer. The number of the step decides, so that a resumed run does it at the same steps.
    /// </summary>
    public const int Interval = 128;

    public static bool AreDue(Moment now) => now.T % Interval == 0;

    /// <summary>Clears them from the weights.</summary>
    public static void Clear<T>(Parameters<T> p, double smallestNormal) where T : struct, ILane<T> =>
        p.Apply(new Rule<T>(default, smallestNormal));

    /// <summary>Clears them from a slot.</summary>
    public static void Clear<T>(Parameters<T> p, Span<T> slot, double smallestNormal) where T : struct, ILane<T> =>
        p.Apply(new Rule<T>(slot, smallestNormal));

    private readonly ref struct Rule<T>(Span<T> slot, double smallestNormal) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> slot = slot;
        private readonly T smallest = smallestNormal, none = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            if (slot.IsEmpty) return Normal(w);
            slot[i] = Normal(slot[i]);
            return w;
        }

        /// <summary>The comparison is this way around so that what is not a number stays what it is.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T Normal(T a) => T.Where(smallest - T.Abs(a), none, a);
    }
}
