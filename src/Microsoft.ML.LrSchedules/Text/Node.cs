namespace Microsoft.ML.LrSchedules.Text;

/// <summary>What text and JSON have in common: a schedule as words, numbers, lists and calls. <see cref="At"/> is where it was read.</summary>
internal abstract record Node(int At)
{
    /// <summary>Nothing was read: the node is about to be written.</summary>
    internal const int Nowhere = -1;
}

/// <summary>A number, with its unit where it has one: 0.01, 5ep, 10%.</summary>
internal sealed record NumberNode(double Value, string Unit, int At = Node.Nowhere) : Node(At);

/// <summary>A bare word: rest, aboveStart, true.</summary>
internal sealed record WordNode(string Word, int At = Node.Nowhere) : Node(At);

/// <summary>[a, b, c].</summary>
internal sealed record ListNode(IReadOnlyList<Node> Items, int At = Node.Nowhere) : Node(At);

/// <summary>a &gt; b &gt; c.</summary>
internal sealed record SequenceNode(IReadOnlyList<Node> Parts, int At = Node.Nowhere) : Node(At);

/// <summary>a * b.</summary>
internal sealed record ProductNode(Node Left, Node Right, int At = Node.Nowhere) : Node(At);

/// <summary>word(first, name=value, ...). A word alone is a call without arguments. The first argument's name may be left out.</summary>
internal sealed record CallNode(string Word, IReadOnlyList<Argument> Arguments, int At = Node.Nowhere) : Node(At);

/// <summary>name=value; the name is empty for an unnamed first argument.</summary>
internal sealed record Argument(string Name, Node Value, int At = Node.Nowhere);
