namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// What is done to the gradients of a step before the optimizer sees them, in this order: centralise, clip by value, adaptively, by
/// the norm of each group, by the norm of all. Null or false: not at all. Sums are in double, in a fixed order.
/// <code>
/// new GradientClipping { Norm = 1 }
/// </code>
/// </summary>
public sealed record GradientClipping
{
    /// <summary>
    /// The largest norm of all gradients together, above 0: g *= min(1, Norm / |g|). Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063;
    /// PyTorch's clip_grad_norm_.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public double? Norm { get; init => field = Limit(value, nameof(Norm)); }

    /// <summary>The largest norm of the gradients of each parameter group, above 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public double? GroupNorm { get; init => field = Limit(value, nameof(GroupNorm)); }

    /// <summary>The largest absolute value of every gradient, above 0; PyTorch's clip_grad_value_.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public double? Value { get; init => field = Limit(value, nameof(Value)); }

    /// <summary>
    /// The largest ratio of gradient to weight, above 0: for the weights w and gradients g of one output (of a vector as a whole),
    /// g *= min(1, Adaptive max(|w|, 1e-3) / |g|). 0.01 is usual. Brock et al. 2021, arXiv:2102.06171; timm's agc.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public double? Adaptive { get; init => field = Limit(value, nameof(Adaptive)); }

    /// <summary>
    /// Whether the gradients of the weights of each output have their mean taken away (matrices only). Default false.
    /// Yong, Huang, Hua and Zhang 2020, Gradient centralization, arXiv:2004.01461.
    /// </summary>
    public bool Centralize { get; init; }

    private static double? Limit(double? value, string name) =>
        value is { } limit ? Require.Positive(limit, "Leave it null not to clip.", name) : null;
}
