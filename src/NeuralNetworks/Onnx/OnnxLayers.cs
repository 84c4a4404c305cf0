using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>Layers as ONNX operators, in scoring mode.</summary>
internal sealed class OnnxLayers(OnnxGraph graph, ParameterLayout layout, ReadOnlyMemory<float> weights, string prefix)
{
    public string Add(IEnumerable<Layer> layers, string value)
    {
        foreach (Layer layer in layers) value = Add(layer, value);
        return value;
    }

    private string Add(Layer layer, string x)
    {
        switch (layer)
        {
            case Dense:
                return graph.Node("Gemm", [x, Parameter(layer, "weight"), Parameter(layer, "bias")]);
            case NtkDense dense:
                return graph.Node("Gemm", [x, Parameter(layer, "weight"), Parameter(layer, "bias")], ("alpha", 1 / MathF.Sqrt(dense.InputSize)));
            case EnsembleDense ensemble:
                return Ensemble(ensemble, x);
            case Activation activation:
                return Activate(activation.Function, x);
            case ParametricActivation activation:
                string change = graph.Node("Sub", Activate(activation.Function, x), x);
                return graph.Node("Add", x, graph.Node("Mul", change, Parameter(layer, "blend")));
            case Dropout:
                return x;
            case BatchNorm norm:
                float[] factor = Values(layer, "weight").ToArray();
                ReadOnlySpan<float> variance = Values(layer, "running_var");
                for (int i = 0; i < factor.Length; i++) factor[i] /= MathF.Sqrt(variance[i] + norm.Epsilon);
                return graph.Node("Add", graph.Node("Mul", graph.Node("Sub", x, Parameter(layer, "running_mean")), graph.Constant($"{prefix}{layer.Name}.factor", factor, factor.Length)), Parameter(layer, "bias"));
            case LayerNorm norm:
                string centered = graph.Node("Sub", x, RowMean(x));
                string deviation = graph.Node("Sqrt", graph.Node("Add", RowMean(graph.Node("Mul", centered, centered)), graph.Constant("epsilon", norm.Epsilon)));
                return graph.Node("Add", graph.Node("Mul", graph.Node("Div", centered, deviation), Parameter(layer, "weight")), Parameter(layer, "bias"));
            case Scaling:
                return graph.Node("Mul", x, Parameter(layer, "weight"));
            case Standardization:
                return graph.Node("Mul", graph.Node("Sub", x, Parameter(layer, "mean")), Parameter(layer, "scale"));
            case RobustScaling:
                return ScaleRobustly(layer, x);
            case MissingValues:
                return graph.Node("Where", [graph.Node("IsNaN", x), Parameter(layer, "replacement"), x]);
            case MissingIndicators indicators:
                return Join([x, graph.Node("Cast", [graph.Node("IsNaN", graph.Columns(x, indicators.Columns))], ("to", OnnxGraph.Float))], axis: 1);
            case Residual residual:
                return graph.Node("Add", x, Add(residual.Block, x));
            case CategoricalEmbedding embedding:
                return Embed(embedding, x);
            case PeriodicEmbedding embedding:
                return Embed(embedding, x);
            case NumericEmbedding embedding:
                return Embed(embedding, x);
            default:
                throw new NotSupportedException($"Layer '{layer.Name}' must be of a kind that can be exported but was {layer.GetType().Name}. Use the built-in layers.");
        }
    }

    private string Ensemble(EnsembleDense layer, string x)
    {
        string scaled = graph.Node("Mul", graph.Reshape(x, -1, layer.FansOut ? 1 : layer.Members, layer.InputSize), Parameter(layer, "input_scale"));
        string product = graph.Node("Mul", graph.Node("MatMul", scaled, Parameter(layer, "weight")), graph.Constant("factor", 1 / MathF.Sqrt(layer.InputSize)));
        string outputs = graph.Node("Add", graph.Node("Mul", product, Parameter(layer, "output_scale")), Parameter(layer, "bias"));
        return graph.Reshape(outputs, -1, layer.Outputs);
    }

    private string Activate(ActivationFunction function, string x)
    {
        switch (function)
        {
            case ActivationFunction.Relu:
                return graph.Node("Relu", x);
            case ActivationFunction.Tanh:
                return graph.Node("Tanh", x);
            case ActivationFunction.Sigmoid:
                return graph.Node("Sigmoid", x);
            case ActivationFunction.Silu:
                return graph.Node("Mul", x, graph.Node("Sigmoid", x));
            case ActivationFunction.Selu:
                return graph.Node("Selu", [x], ("alpha", 1.67326324235437f), ("gamma", 1.05070098735548f));
            case ActivationFunction.Mish:
                return graph.Node("Mul", x, graph.Node("Tanh", graph.Node("Softplus", x)));
            case ActivationFunction.Gelu:
                string erf = graph.Node("Erf", graph.Node("Mul", x, graph.Constant("sqrtHalf", 0.70710678f)));
                return graph.Node("Mul", graph.Node("Mul", x, graph.Constant("half", 0.5f)), graph.Node("Add", erf, graph.Constant("one", 1)));
            default:
                throw new ArgumentOutOfRangeException(nameof(function), function, "The activation is not known.");
        }
    }

    // u / sqrt(1 + (u / 3)^2), with u bounded where its square would overflow.
    private string ScaleRobustly(Layer layer, string x)
    {
        string u = graph.Node("Mul", graph.Node("Sub", x, Parameter(layer, "center")), Parameter(layer, "scale"));
        u = graph.Node("Max", graph.Node("Min", u, graph.Constant("most", 1e9f)), graph.Constant("least", -1e9f));
        string part = graph.Node("Mul", u, graph.Constant("third", 1 / 3f));
        return graph.Node("Div", u, graph.Node("Sqrt", graph.Node("Add", graph.Node("Mul", part, part), graph.Constant("one", 1))));
    }

    private string Embed(CategoricalEmbedding layer, string x)
    {
        var parts = new List<string>();
        if (!layer.Others.IsEmpty) parts.Add(graph.Columns(x, layer.Others));
        for (int i = 0; i < layer.Columns.Length; i++)
        {
            CategoricalColumn column = layer.Columns[i];
            string code = graph.Node("Floor", graph.Node("Add", graph.Columns(x, [column.Index]), graph.Constant("half", 0.5f)));
            string valid = graph.Node("And", graph.Node("Greater", code, graph.Constant("half", 0.5f)), graph.Node("Less", code, graph.Constant("end", column.Categories + 0.5f)));
            code = graph.Node("Where", [valid, code, graph.Constant("missing", 0)]);
            string vector = graph.Node("Gather", [Parameter(layer, $"tables.{i}"), graph.Node("Cast", [code], ("to", OnnxGraph.Int64))], ("axis", 0));
            parts.Add(graph.Reshape(vector, -1, column.Width));
        }
        return Join(parts, axis: 1);
    }

    private string Embed(PeriodicEmbedding layer, string x)
    {
        int inputs = layer.Inputs;
        string angle = graph.Node("Mul", graph.Reshape(x, -1, inputs, 1), Angles(layer, layer.Frequencies));
        string vectors = Vectors(layer, Join([graph.Node("Sin", angle), graph.Node("Cos", angle)], axis: 2));
        return graph.Reshape(graph.Node("Relu", vectors), -1, inputs * layer.Width);
    }

    private string Embed(NumericEmbedding layer, string x)
    {
        int columns = layer.Columns.Length, bins = layer.Bins;
        string scaled = ScaleRobustly(layer, x), own = graph.Reshape(graph.Columns(scaled, layer.Columns), -1, columns, 1);
        var codes = new List<string>();
        if (layer.Frequencies > 0)
            codes.Add(graph.Node("Cos", graph.Node("Add", graph.Node("Mul", own, Angles(layer, layer.Frequencies)), Parameter(layer, "phases"))));
        if (bins > 0)
        {
            ReadOnlySpan<float> edges = Values(layer, "edges");
            float[] from = new float[columns * bins], inverse = new float[columns * bins];
            for (int i = 0; i < from.Length; i++)
            {
                int edge = i / bins * (bins + 1) + i % bins;
                from[i] = edges[edge];
                inverse[i] = edges[edge + 1] > edges[edge] ? 1 / (edges[edge + 1] - edges[edge]) : 0;
            }
            string raw = graph.Reshape(graph.Columns(x, layer.Columns), -1, columns, 1);
            string part = graph.Node("Mul", graph.Node("Sub", raw, graph.Constant($"{prefix}{layer.Name}.from", from, columns, bins)), graph.Constant($"{prefix}{layer.Name}.inverse", inverse, columns, bins));
            codes.Add(graph.Node("Min", graph.Node("Max", part, graph.Constant("zero", 0)), graph.Constant("one", 1)));
        }
        string vectors = Vectors(layer, Join(codes, axis: 2));
        string embedded = graph.Reshape(Join([vectors, own], axis: 2), -1, columns * (layer.Width + 1));
        return layer.Others.IsEmpty ? embedded : Join([embedded, graph.Columns(scaled, layer.Others)], axis: 1);
    }

    // Each column's code (rows x columns x codes) times that column's matrix, plus its bias.
    private string Vectors(Layer layer, string codes)
    {
        string product = graph.Node("MatMul", graph.Node("Transpose", [codes], ("perm", new[] { 1, 0, 2 })), Parameter(layer, "weight"));
        return graph.Node("Add", graph.Node("Transpose", [product], ("perm", new[] { 1, 0, 2 })), Parameter(layer, "bias"));
    }

    private string Angles(Layer layer, int frequencies)
    {
        float[] angles = Values(layer, "frequencies").ToArray();
        foreach (ref float angle in angles.AsSpan()) angle *= MathF.Tau;
        return graph.Constant($"{prefix}{layer.Name}.angles", angles, angles.Length / frequencies, frequencies);
    }

    private string Join(IReadOnlyCollection<string> values, int axis) => values.Count == 1 ? values.First() : graph.Node("Concat", [.. values], ("axis", axis));

    private string RowMean(string x) => graph.Node("ReduceMean", [x], ("axes", new[] { 1 }), ("keepdims", 1));

    private string Parameter(Layer layer, string name)
    {
        ParameterSpec spec = layout[$"{layer.Name}.{name}"].Spec;
        return graph.Constant(prefix + spec.Name, Values(layer, name), [.. spec.Shape.Select(dimension => (long)dimension)]);
    }

    private ReadOnlySpan<float> Values(Layer layer, string name) => layout[$"{layer.Name}.{name}"].In(weights.Span);
}
