namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>
/// A graph under construction. Values are known by name. Only operators and forms that mean the same in every operator set from 11 to
/// 17 are used, so that the graph fits into whatever ML.NET's converter asks for.
/// </summary>
internal abstract class OnnxGraph
{
    /// <summary>Data types, with ONNX's own numbers.</summary>
    public const int Float = 1, Int64 = 7, UInt32 = 12;

    /// <summary>A constant of the given dimensions.</summary>
    public abstract string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions);

    /// <summary>A constant vector.</summary>
    public abstract string Constant(string name, ReadOnlySpan<long> values);

    /// <summary>Applies an operator. Attributes are numbers: int, float, or int[].</summary>
    public string Node(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Add(operation, inputs, [null], attributes);

    /// <summary>Gives a value another name, such as that of an output of the graph.</summary>
    public void Output(string value, string name) => Add("Identity", [value], [name], []);

    public string Node(string operation, string input) => Node(operation, [input]);

    public string Node(string operation, string left, string right) => Node(operation, [left, right]);

    /// <summary>One number for all.</summary>
    public string Constant(string name, float value) => Constant(name, [value], 1);

    /// <summary>The same values in another shape; -1 stands for the rows.</summary>
    public string Reshape(string value, params ReadOnlySpan<long> dimensions) => Node("Reshape", value, Constant("shape", dimensions));

    /// <summary>Some of the columns.</summary>
    public string Columns(string value, IEnumerable<int> columns) =>
        Node("Gather", [value, Constant("columns", [.. columns.Select(column => (long)column)])], ("axis", 1));

    /// <summary>The numbers of each row in ascending order.</summary>
    public string Sort(string value, int columns) =>
        Add("TopK", [value, Constant("columns", [columns])], [null, "places"], [("axis", 1), ("largest", 0), ("sorted", 1)]);

    /// <summary>Adds a node and returns its first output. An output without a name gets that of the operation.</summary>
    protected abstract string Add(string operation, ReadOnlySpan<string> inputs, ReadOnlySpan<string?> outputs, ReadOnlySpan<(string Name, object Value)> attributes);
}
