using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Coupled weight decay for optimizers that read whole gradients before their rules do: it becomes part of them.</summary>
internal static class Coupling
{
    public static void Apply<T>(Parameters<T> p, Moment now) where T : struct, ILane<T>
    {
        if (now.Coupled != 0) p.Apply(new Rule<T>(p.Gradients, now.Coupled));
    }

    private readonly ref struct Rule<T>(Span<T> gradients, double coupled) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> gradients = gradients;
        private readonly T decay = coupled;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            gradients[i] = g + decay * w;
            return w;
        }
    }
}
