namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>From features to predictions as ONNX operators: every network, then the output transform over all of them.</summary>
internal static class OnnxOutputs
{
    // Beyond this the float exponential of a sigmoid leaves no digits.
    private const float LargestLogOdds = 80;

    public static string Add(OnnxGraph graph, FittedNetwork fitted, string features)
    {
        string[] raw = [.. Enumerable.Range(0, fitted.Members).Select(member =>
            new OnnxLayers(graph, fitted.Network.Layout, fitted.Weights(member).ToArray(), fitted.Members == 1 ? "" : $"{member}.").Add(fitted.Network.Layers, features))];
        if (fitted.Network.Members is > 1 and var members)
        {
            int outputs = fitted.Network.Outputs / members;
            raw = [.. raw.SelectMany(value => Enumerable.Range(0, members).Select(member => graph.Columns(value, Enumerable.Range(member * outputs, outputs))))];
        }
        switch (fitted.Output)
        {
            case LinearOutput linear:
                return Linear(graph, linear, raw);
            case ExponentialOutput exponential:
                string mean = Mean(graph, raw.Select(value => graph.Node("Exp", value)));
                return graph.Node("Min", graph.Node("Mul", mean, graph.Constant("output.scale", exponential.Scale)), graph.Constant("most", float.MaxValue));
            case SoftmaxOutput:
                return Mean(graph, raw.Select(value => graph.Node("Softmax", [value], ("axis", 1))));
            case LogisticOutput logistic:
                return Logistic(graph, logistic, raw);
            default:
                throw new NotSupportedException($"output must be of a kind that can be exported but was {fitted.Output.GetType().Name}. Use the built-in ones.");
        }
    }

    private static string Linear(OnnxGraph graph, LinearOutput linear, string[] raw)
    {
        string scale = graph.Constant("output.scale", linear.Scale.AsSpan(), linear.Scale.Length), shift = graph.Constant("output.shift", linear.Shift.AsSpan(), linear.Shift.Length);
        string mean = Mean(graph, raw.Select(value =>
        {
            value = graph.Node("Add", graph.Node("Mul", value, scale), shift);
            return Bounded(graph, value, linear.Minimum, linear.Maximum);
        }));
        return linear.Ascending ? graph.Sort(mean, linear.Scale.Length) : mean;
    }

    private static string Logistic(OnnxGraph graph, LogisticOutput logistic, string[] raw)
    {
        string[] scores = [.. raw.Select(value => logistic.TwoOutputs ? graph.Node("Sub", graph.Columns(value, [1]), graph.Columns(value, [0])) : value)];
        if (scores.Length == 1) return Bounded(graph, scores[0], logistic.Minimum, logistic.Maximum);
        string[] bounded = [.. scores.Select(score => graph.Node("Max", graph.Node("Min", score, graph.Constant("most", LargestLogOdds)), graph.Constant("least", -LargestLogOdds)))];
        string positive = Mean(graph, bounded.Select(score => graph.Node("Sigmoid", score)));
        string negative = Mean(graph, bounded.Select(score => graph.Node("Sigmoid", graph.Node("Neg", score))));
        return Bounded(graph, graph.Node("Sub", graph.Node("Log", positive), graph.Node("Log", negative)), logistic.Minimum, logistic.Maximum);
    }

    private static string Bounded(OnnxGraph graph, string value, float minimum, float maximum)
    {
        if (float.IsFinite(minimum)) value = graph.Node("Max", value, graph.Constant("output.minimum", minimum));
        if (float.IsFinite(maximum)) value = graph.Node("Min", value, graph.Constant("output.maximum", maximum));
        return value;
    }

    private static string Mean(OnnxGraph graph, IEnumerable<string> values)
    {
        string[] all = [.. values];
        return all.Length == 1 ? all[0] : graph.Node("Mean", all);
    }
}
