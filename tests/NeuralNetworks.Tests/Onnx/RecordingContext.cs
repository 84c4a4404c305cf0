using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.NeuralNetworks.Onnx;

namespace NeuralNetworks.Tests.Onnx;

/// <summary>
/// Stands in for ML.NET's converter: what a model adds to it becomes a file that can be run. Nodes are kept until the end, because
/// their attributes come after them.
/// </summary>
internal sealed class RecordingContext(int operatorSet) : OnnxContext
{
    private readonly List<Action<Recorded>> steps = [];
    private readonly HashSet<string> names = [];

    public byte[] Finish(int columns, string output, int outputColumns, int type = OnnxGraph.Float)
    {
        var recorded = new Recorded(new OnnxModelWriter(), []);
        recorded.Values["Features"] = recorded.Writer.Input("Features", columns);
        foreach (Action<Recorded> step in steps) step(recorded);
        recorded.Writer.Output(recorded.Values[output], output, outputColumns, type);
        return recorded.Writer.Finish();
    }

    public override void CheckOpSetVersion(int thisTransformerMinumumOpSetVersion, string registerTransformerName)
    {
        if (thisTransformerMinumumOpSetVersion > operatorSet) throw new InvalidOperationException($"{registerTransformerName} needs operator set {thisTransformerMinumumOpSetVersion}.");
    }

    public override string AddIntermediateVariable(DataViewType type, string colName, bool skip = false) => Unique(colName);

    public override string GetNodeName(string prefix) => Unique(prefix);

    public override OnnxNode CreateNode(string opType, IEnumerable<string> inputs, IEnumerable<string> outputs, string name, string domain = null!)
    {
        string[] from = [.. inputs];
        string to = outputs.Single();
        var node = new RecordedNode();
        steps.Add(recorded => recorded.Values[to] = recorded.Writer.Node(opType, [.. from.Select(input => recorded.Values[input])], [.. node.Attributes]));
        return node;
    }

    public override string AddInitializer(IEnumerable<float> values, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true)
    {
        name = Unique(name);
        steps.Add(recorded => recorded.Values[name] = recorded.Writer.Constant(name, [.. values], [.. dims]));
        return name;
    }

    public override string AddInitializer(IEnumerable<long> values, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true)
    {
        name = Unique(name);
        steps.Add(recorded => recorded.Values[name] = recorded.Writer.Constant(name, [.. values]));
        return name;
    }

    public override OnnxVersion GetOnnxVersion() => OnnxVersion.Stable;

    public override bool IsVariableDefined(string variableName) => throw Unexpected();

    public override bool ContainsColumn(string colName) => throw Unexpected();

    public override void RemoveColumn(string colName, bool removeVariable = false) => throw Unexpected();

    public override void RemoveVariable(string variableName, bool removeColumn) => throw Unexpected();

    public override void RemoveInputVariable(string variableName) => throw Unexpected();

    public override string GetVariableName(string colName) => throw Unexpected();

    public override List<long> RetrieveShapeOrNull(string variableName) => throw Unexpected();

    public override string AddInitializer(bool value, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(float value, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(int value, Type type, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(string value, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(long value, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(double value, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(ulong value, bool isUint64, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(IEnumerable<bool> values, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(IEnumerable<int> values, Type type, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(IEnumerable<string> values, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(IEnumerable<double> values, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    public override string AddInitializer(IEnumerable<ulong> values, bool isUint64, IEnumerable<long> dims, string name = null!, bool makeUniqueName = true) => throw Unexpected();

    private string Unique(string name)
    {
        string unique = name;
        for (int i = 1; !names.Add(unique); i++) unique = $"{name}#{i}";
        return unique;
    }

    private static InvalidOperationException Unexpected() => new("A network needs numbers and operators only.");

    private sealed record Recorded(OnnxModelWriter Writer, Dictionary<string, string> Values);

    private sealed class RecordedNode : OnnxNode
    {
        public List<(string, object)> Attributes { get; } = [];

        public override void AddAttribute(string argName, double value) => Attributes.Add((argName, (float)value));

        public override void AddAttribute(string argName, long value) => Attributes.Add((argName, checked((int)value)));

        public override void AddAttribute(string argName, IEnumerable<long> value) => Attributes.Add((argName, value.Select(number => checked((int)number)).ToArray()));

        public override void AddAttribute(string argName, ReadOnlyMemory<char> value) => throw Unexpected();

        public override void AddAttribute(string argName, string value) => throw Unexpected();

        public override void AddAttribute(string argName, bool value) => throw Unexpected();

        public override void AddAttribute(string argName, IEnumerable<double> value) => throw Unexpected();

        public override void AddAttribute(string argName, IEnumerable<float> value) => throw Unexpected();

        public override void AddAttribute(string argName, IEnumerable<ReadOnlyMemory<char>> value) => throw Unexpected();

        public override void AddAttribute(string argName, string[] value) => throw Unexpected();

        public override void AddAttribute(string argName, IEnumerable<string> value) => throw Unexpected();

        public override void AddAttribute(string argName, IEnumerable<bool> value) => throw Unexpected();

        public override void AddAttribute(string argName, Type value) => throw Unexpected();
    }
}
