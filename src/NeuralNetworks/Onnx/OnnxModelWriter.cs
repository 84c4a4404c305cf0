using System.Buffers.Binary;

namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>Builds an ONNX file: IR version 7, operator set 13. Field numbers are those of onnx.proto.</summary>
internal sealed class OnnxModelWriter : OnnxGraph
{
    private const int IrVersion = 7, OperatorSet = 13;
    private const int AttributeFloat = 1, AttributeInteger = 2, AttributeIntegers = 7;

    private readonly ProtoWriter graph = new();
    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);

    /// <summary>Declares an input: a matrix with any number of rows.</summary>
    public string Input(string name, int columns)
    {
        graph.Message(11, Matrix(name, columns, Float));
        return Unique(name);
    }

    /// <summary>Declares an output: a matrix with any number of rows.</summary>
    public void Output(string value, string name, int columns, int type = Float)
    {
        Output(value, name);
        graph.Message(12, Matrix(name, columns, type));
    }

    public override string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions)
    {
        byte[] bytes = new byte[checked(values.Length * sizeof(float))];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return Tensor(name, Float, bytes, dimensions);
    }

    public override string Constant(string name, ReadOnlySpan<long> values)
    {
        byte[] bytes = new byte[checked(values.Length * sizeof(long))];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        return Tensor(name, Int64, bytes, values.Length);
    }

    /// <summary>The file.</summary>
    public byte[] Finish()
    {
        graph.Text(2, "network");
        return new ProtoWriter()
            .Integer(1, IrVersion)
            .Text(2, "Microsoft.ML.NeuralNetworks")
            .Message(7, graph)
            .Message(8, new ProtoWriter().Text(1, "").Integer(2, OperatorSet))
            .Written.ToArray();
    }

    protected override string Add(string operation, ReadOnlySpan<string> inputs, ReadOnlySpan<string?> outputs, ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs) node.Text(1, input);
        string first = Unique(outputs[0] ?? operation);
        node.Text(2, first);
        foreach (string? output in outputs[1..]) node.Text(2, Unique(output ?? operation));
        node.Text(3, first).Text(4, operation);
        foreach (var (name, value) in attributes)
        {
            var attribute = new ProtoWriter().Text(1, name);
            switch (value)
            {
                case int number:
                    attribute.Integer(3, number).Integer(20, AttributeInteger);
                    break;
                case float number:
                    attribute.Float(2, number).Integer(20, AttributeFloat);
                    break;
                case int[] numbers:
                    foreach (int number in numbers) attribute.Integer(8, number);
                    attribute.Integer(20, AttributeIntegers);
                    break;
                default:
                    throw new ArgumentException($"Attribute '{name}' must be an int, a float or an int[] but was {value.GetType().Name}.", nameof(attributes));
            }
            node.Message(5, attribute);
        }
        graph.Message(1, node);
        return first;
    }

    private string Tensor(string name, int type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> dimensions)
    {
        name = Unique(name);
        var tensor = new ProtoWriter();
        foreach (long dimension in dimensions) tensor.Integer(1, dimension);
        graph.Message(5, tensor.Integer(2, type).Text(8, name).Raw(9, bytes));
        return name;
    }

    private static ProtoWriter Matrix(string name, int columns, int type) => new ProtoWriter()
        .Text(1, name)
        .Message(2, new ProtoWriter().Message(1, new ProtoWriter()
            .Integer(1, type)
            .Message(2, new ProtoWriter()
                .Message(1, new ProtoWriter().Text(2, "N"))
                .Message(1, new ProtoWriter().Integer(1, columns)))));

    private string Unique(string name)
    {
        int count = names.GetValueOrDefault(name);
        names[name] = count + 1;
        return count == 0 ? name : Unique($"{name}_{count}");
    }
}
