namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>
/// What happens to one parameter: given its weight and gradient, its new weight. State slots are read and written at <c>i</c>.
/// Implementations are <c>readonly ref struct</c>s whose per-step numbers are fields of the lane type (converting a double inside
/// <see cref="Update"/> costs a factor of two) and whose <see cref="Update"/> is aggressively inlined (else a factor of three).
/// </summary>
internal interface IRule<T> where T : struct, ILane<T>
{
    T Update(int i, T w, T g);
}

/// <summary>One summand of a sum over all parameters of a group or layer.</summary>
internal interface ITerm<T> where T : struct, ILane<T>
{
    T At(int i);
}
