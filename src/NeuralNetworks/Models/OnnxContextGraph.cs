using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>A part of the graph that ML.NET's converter builds for a whole pipeline.</summary>
internal sealed class OnnxContextGraph(OnnxContext context) : OnnxGraph
{
    public override string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions) =>
        context.AddInitializer(values.ToArray(), dimensions.ToArray(), name);

    public override string Constant(string name, ReadOnlySpan<long> values) =>
        context.AddInitializer(values.ToArray(), [values.Length], name);

    protected override string Add(string operation, ReadOnlySpan<string> inputs, ReadOnlySpan<string?> outputs, ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string first = outputs[0] ?? context.AddIntermediateVariable(null, operation, skip: true);
        string[] all = [first, .. outputs[1..].ToArray().Select(output => context.AddIntermediateVariable(null, output ?? operation, skip: true))];
        OnnxNode node = context.CreateNode(operation, inputs.ToArray(), all, context.GetNodeName(operation), "");
        foreach (var (name, value) in attributes)
            switch (value)
            {
                case int number:
                    node.AddAttribute(name, (long)number);
                    break;
                case float number:
                    node.AddAttribute(name, (double)number);
                    break;
                case int[] numbers:
                    node.AddAttribute(name, numbers.Select(number => (long)number));
                    break;
            }
        return first;
    }
}
