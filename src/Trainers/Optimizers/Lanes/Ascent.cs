using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Turns the gradients around, so that the objective is maximised.</summary>
internal readonly ref struct Ascent<T>(Span<T> gradients) : IRule<T> where T : struct, ILane<T>
{
    private readonly Span<T> gradients = gradients;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Update(int i, T w, T g)
    {
        gradients[i] = -g;
        return w;
    }
}
