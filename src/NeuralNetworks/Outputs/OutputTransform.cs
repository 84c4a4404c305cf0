namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// How the raw outputs of a network become the prediction: the inverse link function of its loss, and the undoing of what training
/// did to the labels. A value. If a model has several networks, their predictions are averaged here, each kind in its own way.
/// </summary>
public abstract record OutputTransform
{
    private protected OutputTransform() { }

    /// <summary>How many numbers the network must give for a prediction of <paramref name="predictions"/> numbers.</summary>
    internal abstract int NetworkOutputs(int predictions);

    /// <summary>How many numbers the prediction has, if the network gives <paramref name="networkOutputs"/>.</summary>
    /// <exception cref="ArgumentException">The network gives too many or too few.</exception>
    internal abstract int Predictions(int networkOutputs);

    /// <summary>
    /// The prediction for one row. <paramref name="raw"/> holds the outputs of the first network, then those of the second, ...
    /// It is overwritten.
    /// </summary>
    internal abstract void Apply(Span<float> raw, int networks, Span<float> prediction);

    /// <summary>The predictions for <paramref name="rows"/> rows, whose raw outputs begin <paramref name="stride"/> apart.</summary>
    internal virtual void Apply(Span<float> raw, int stride, int networks, Span<float> predictions, int rows)
    {
        int width = predictions.Length / rows, outputs = networks * NetworkOutputs(width);
        for (int row = 0; row < rows; row++) Apply(raw.Slice(row * stride, outputs), networks, predictions.Slice(row * width, width));
    }
}
