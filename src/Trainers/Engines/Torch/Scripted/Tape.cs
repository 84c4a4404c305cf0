using System.Globalization;
using System.Text;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>One operation: its text with places for the operands, and the nodes of the operands.</summary>
internal readonly record struct TapeNode(string Text, int A, int B, int C);

/// <summary>The program that rules wrote since it was last cleared: a list of operations, the numbers and the sums of this time.</summary>
internal sealed class Tape
{
    private const string InputText = "input", ConstantText = "constant";

    [ThreadStatic]
    private static Tape? current;

    private readonly List<TapeNode> nodes = [];
    private readonly List<double> constants = [];
    private readonly List<string> inputs = [];
    private readonly List<int> sums = [];

    /// <summary>The tape that symbols of this thread write on.</summary>
    public static Tape Current
    {
        get => current ?? throw new InvalidOperationException("A symbol must be made while a program is recorded but was made outside.");
        set => current = value;
    }

    public IReadOnlyList<TapeNode> Nodes => nodes;

    public IReadOnlyList<double> Constants => constants;

    /// <summary>The nodes whose totals the program returns, added together.</summary>
    public IReadOnlyList<int> Sums => sums;

    public void Clear()
    {
        nodes.Clear();
        constants.Clear();
        inputs.Clear();
        sums.Clear();
    }

    public Symbol Input(string name)
    {
        inputs.Add(name);
        return Symbol.At(Node(new(InputText, inputs.Count - 1, -1, -1)));
    }

    public int Constant(double value)
    {
        constants.Add(value);
        return Node(new(ConstantText, constants.Count - 1, -1, -1));
    }

    /// <summary>A number makes a number; nothing is computed on the device for it.</summary>
    public int Add(string text, Symbol a, Func<double, double> number) =>
        IsNumber(a) ? Constant(number(constants[nodes[a.Node].A])) : Node(new(text, a.Node, -1, -1));

    /// <summary>Two numbers make a number.</summary>
    public int Add(string text, Symbol a, Symbol b, Func<double, double, double> numbers) =>
        IsNumber(a) && IsNumber(b) ? Constant(numbers(constants[nodes[a.Node].A], constants[nodes[b.Node].A])) : Node(new(text, a.Node, b.Node, -1));

    /// <summary>The larger or smaller of two; of a tensor and a number, a clamp.</summary>
    public int Extreme(string tensors, string number, Symbol a, Symbol b) =>
        IsNumber(a) ? Node(new(number, b.Node, a.Node, -1)) : Node(new(IsNumber(b) ? number : tensors, a.Node, b.Node, -1));

    /// <summary>A choice between two numbers has no type of its own: it takes the condition's.</summary>
    public int Where(Symbol condition, Symbol yes, Symbol no) => Node(new(
        IsNumber(yes) && IsNumber(no) ? "torch.where({0} > 0, {1} + torch.zeros_like({0}), {2} + torch.zeros_like({0}))"
        : IsNumber(yes) ? "torch.where({0} > 0, {1} + torch.zeros_like({2}), {2})"
        : IsNumber(no) ? "torch.where({0} > 0, {1}, {2} + torch.zeros_like({1}))"
        : "torch.where({0} > 0, {1}, {2})",
        condition.Node, yes.Node, no.Node));

    public void Sum(Symbol a) => sums.Add(a.Node);

    /// <summary>Whether a node is a number and not a tensor.</summary>
    public bool IsNumber(Symbol a) => ReferenceEquals(nodes[a.Node].Text, ConstantText);

    /// <summary>
    /// The TorchScript function: values used once are written where they are used, the others get a line. Results are copied into their
    /// tensors at the end, when nothing reads the old values any more.
    /// </summary>
    public string Script(string name, IReadOnlyList<(string Target, int Node)> results)
    {
        int[] uses = new int[nodes.Count];
        foreach (TapeNode node in nodes)
            if (!IsLeaf(node))
            {
                Use(node.A, node.Text, "{0}");
                Use(node.B, node.Text, "{1}");
                Use(node.C, node.Text, "{2}");
            }
        foreach ((_, int node) in results) uses[node] += 2;
        foreach (int node in sums) uses[node] += 2;

        string[] text = new string[nodes.Count];
        StringBuilder body = new();
        for (int k = 0; k < nodes.Count; k++)
        {
            TapeNode node = nodes[k];
            text[k] = ReferenceEquals(node.Text, InputText) ? inputs[node.A]
                : ReferenceEquals(node.Text, ConstantText) ? $"k{node.A}"
                : string.Format(CultureInfo.InvariantCulture, node.Text, Text(node.A), Text(node.B), Text(node.C));
            if (IsLeaf(node) || uses[k] < 2) continue;
            body.Append(CultureInfo.InvariantCulture, $"    x{k} = {text[k]}\n");
            text[k] = $"x{k}";
        }
        foreach ((string target, int node) in results)
            if (ReferenceEquals(nodes[node].Text, InputText))
            {
                body.Append(CultureInfo.InvariantCulture, $"    old_{target} = {text[node]}.clone()\n");
            }
        if (sums.Count > 0) body.Append(CultureInfo.InvariantCulture, $"    total = {string.Join(" + ", sums.Select(Total))}\n");
        foreach ((string target, int node) in results)
            body.Append(CultureInfo.InvariantCulture, $"    {target}.{Assignment(target, node)}\n");
        if (sums.Count > 0) body.Append("    return total\n");
        if (body.Length == 0) body.Append("    pass\n");
        IEnumerable<string> arguments = inputs.Select(input => $"{input}: Tensor").Concat(constants.Select((_, k) => $"k{k}: float"));
        return $"def {name}({string.Join(", ", arguments)}):\n{body}";

        // A value that a text names twice is computed once, on a line of its own.
        void Use(int operand, string where, string place)
        {
            if (operand >= 0) uses[operand] += where.Split(place).Length - 1;
        }

        string Text(int node) => node < 0 ? "" : text[node];

        string Assignment(string target, int node) =>
            ReferenceEquals(nodes[node].Text, ConstantText) ? $"fill_({text[node]})"
            : ReferenceEquals(nodes[node].Text, InputText) ? $"copy_(old_{target})"
            : $"copy_({text[node]})";

        // 7 is float64: a script knows types by number.
        string Total(int node) => $"torch.sum({text[node]}, dtype=7)";
    }

    private static bool IsLeaf(TapeNode node) => ReferenceEquals(node.Text, InputText) || ReferenceEquals(node.Text, ConstantText);

    private int Node(TapeNode node)
    {
        nodes.Add(node);
        return nodes.Count - 1;
    }
}
