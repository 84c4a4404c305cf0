namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>One group's parameters and state, whatever memory they are in.</summary>
internal interface IGroupStore
{
    /// <summary>State of the group.</summary>
    Scalars Scalars { get; }

    /// <summary>State of its layers.</summary>
    StoredLayer[] Layers { get; }

    /// <summary>Makes all state, changing no weight.</summary>
    void Declare(Optimizer optimizer, Moment now);

    /// <summary>One update of this group, or of the part of it that <paramref name="worker"/> of <paramref name="workers"/> has.</summary>
    void Step(Optimizer optimizer, Moment now, int worker, int workers);

    /// <summary>Centralises and clips the gradients as far as that needs no norm of the group.</summary>
    void Treat(GradientClipping how);

    /// <summary>The sum of squares of the gradients.</summary>
    double GradientSquares();

    /// <summary>Multiplies the gradients.</summary>
    void ScaleGradients(double factor);
}
