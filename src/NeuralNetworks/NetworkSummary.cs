using System.Globalization;
using System.Text;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>A network as a table: one line per layer with its kind, shapes and number of parameters, and the totals.</summary>
internal static class NetworkSummary
{
    public static string Write(FittedNetwork fitted)
    {
        var lines = new List<string[]> { new[] { "layer", "kind", "in", "out", "trained", "kept" } };
        Add(lines, fitted.Network.Layers, "");
        int[] widths = [.. Enumerable.Range(0, 6).Select(column => lines.Max(line => line[column].Length))];
        var text = new StringBuilder();
        foreach (string[] line in lines)
        {
            for (int column = 0; column < widths.Length; column++)
                text.Append(column < 2 ? line[column].PadRight(widths[column]) : line[column].PadLeft(widths[column])).Append("  ");
            while (text[^1] == ' ') text.Length--;
            text.Append('\n');
        }
        text.Append(CultureInfo.InvariantCulture, $"{Count(fitted.Network.Layout.Select(slot => slot.Spec), true):N0} trained parameters, {Count(fitted.Network.Layout.Select(slot => slot.Spec), false):N0} kept values");
        if (fitted.Members > 1) text.Append(CultureInfo.InvariantCulture, $" in each of {fitted.Members} networks, whose predictions are averaged");
        if (fitted.Network.Members > 1) text.Append(CultureInfo.InvariantCulture, $"\n{fitted.Network.Members} members that share weights, whose predictions are averaged");
        return text.Append('\n').Append("output: ").Append(Describe(fitted.Output)).Append('\n').ToString();
    }

    private static void Add(List<string[]> lines, IEnumerable<Layer> layers, string indent)
    {
        foreach (Layer layer in layers)
        {
            string detail = layer switch
            {
                Activation activation => $" ({activation.Function})",
                ParametricActivation activation => $" ({activation.Function})",
                Dropout dropout => Checks.Invariant($" ({dropout.Rate})"),
                EnsembleDense ensemble => $" ({ensemble.Members} members share {ensemble.InputSize} x {ensemble.OutputSize})",
                NumericEmbedding embedding => $" ({embedding.Columns.Length} columns, {embedding.Bins} bins, {embedding.Frequencies} frequencies)",
                MissingIndicators indicators => $" ({indicators.Columns.Length} columns)",
                CategoricalEmbedding embedding => $" ({embedding.Columns.Length} columns)",
                _ => "",
            };
            lines.Add([indent + layer.Name, layer.GetType().Name + detail, Text(layer.Inputs), Text(layer.Outputs), Text(Count(layer.Parameters, true)), Text(Count(layer.Parameters, false))]);
            if (layer is OwnModule module)
                foreach (ModuleTensor tensor in module.Tensors)
                    lines.Add([$"{indent}  {tensor.Name}", $"{tensor.Role} [{string.Join(", ", tensor.Shape)}]", "", "", tensor.Role == ParameterRole.Buffer ? "" : Text(tensor.Spec.Count), tensor.Role == ParameterRole.Buffer ? Text(tensor.Spec.Count) : ""]);
            if (layer is Residual residual) Add(lines, residual.Block, indent + "  ");
        }
    }

    private static string Describe(OutputTransform output) => output switch
    {
        LinearOutput linear when linear.Scale.Length == 1 => Checks.Invariant($"raw * {linear.Scale[0]} + {linear.Shift[0]}{Bounds(linear)}"),
        LinearOutput linear => $"raw * scale + shift, {linear.Scale.Length} numbers{Bounds(linear)}{(linear.Ascending ? ", in ascending order" : "")}",
        ExponentialOutput exponential => Checks.Invariant($"exp(raw) * {exponential.Scale}"),
        LogisticOutput => "log-odds",
        SoftmaxOutput => "softmax(raw)",
        _ => output.GetType().Name,
    };

    private static string Bounds(LinearOutput linear) =>
        float.IsFinite(linear.Minimum) || float.IsFinite(linear.Maximum) ? Checks.Invariant($", from {linear.Minimum} to {linear.Maximum}") : "";

    private static long Count(IEnumerable<ParameterSpec> specs, bool trained) => specs.Where(spec => spec.IsTrainable == trained).Sum(spec => (long)spec.Count);

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
