using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>
/// What the rules of all groups write down. It is compiled once and called with the numbers of the step: one call, unless a sum is asked
/// for, which ends the program and reads the number back. A step whose numbers change the program (a warmup that ends) has another.
/// </summary>
internal sealed class ScriptedProgram
{
    private readonly Tape tape = new();
    private readonly List<ScriptedBuffer> used = [];
    private readonly List<Compiled> compiled = [];
    private readonly List<(ScriptedBuffer Buffer, int Lane, int Node)> results = [];
    private bool recording;
    private int buffers;

    /// <summary>How many programs have been compiled.</summary>
    public int Count => compiled.Count;

    /// <summary>How often a program has been called.</summary>
    public long Calls { get; private set; }

    /// <summary>The text of the last program that was compiled.</summary>
    public string LastScript { get; private set; } = "";

    /// <summary>A name that no other buffer has.</summary>
    public string NextName() => $"b{buffers++}";

    /// <summary>Records, then runs what was recorded. Inside another recording it only adds to it.</summary>
    public void Run(Action record)
    {
        if (recording)
        {
            record();
            return;
        }
        using IDisposable noGradient = no_grad();
        Tape.Current = tape;
        recording = true;
        try
        {
            tape.Clear();
            used.Clear();
            record();
            Flush();
        }
        finally
        {
            recording = false;
        }
    }

    /// <summary>Lets the program use a buffer.</summary>
    public void Use(ScriptedBuffer buffer)
    {
        if (!used.Contains(buffer)) Begin(buffer);
    }

    /// <summary>Ends the program with the sum that it was asked for, and reads it.</summary>
    public double Total() => tape.Sums.Count == 0 ? 0 : Flush();

    /// <summary>Runs what has been recorded and begins anew, with the same buffers.</summary>
    public double Flush()
    {
        results.Clear();
        foreach (ScriptedBuffer buffer in used)
            for (int i = 0; i < buffer.Symbols.Length; i++)
                if (buffer.Symbols[i].Node != buffer.Inputs[i].Node) results.Add((buffer, i, buffer.Symbols[i].Node));
        double total = results.Count > 0 || tape.Sums.Count > 0 ? Invoke(Compile()) : 0;
        ScriptedBuffer? last = null;
        foreach ((ScriptedBuffer buffer, _, _) in results)
        {
            if (buffer != last) buffer.Scatter();
            last = buffer;
        }
        tape.Clear();
        for (int i = 0, count = used.Count; i < count; i++) Begin(used[i], again: true);
        return total;
    }

    private void Begin(ScriptedBuffer buffer, bool again = false)
    {
        if (!again)
        {
            used.Add(buffer);
            buffer.Gather();
        }
        for (int i = 0; i < buffer.Symbols.Length; i++) buffer.Inputs[i] = buffer.Symbols[i] = tape.Input(Target(buffer, i));
    }

    /// <summary>
    /// Calls a program. TorchSharp makes an object for each double it is given, and the collector may free it before the call has read it:
    /// the objects are made here and outlive the call.
    /// </summary>
    private double Invoke(jit.CompilationUnit unit)
    {
        Calls++;
        Scalar[] numbers = [.. tape.Constants.Select(value => (Scalar)value)];
        object[] arguments = [.. used.SelectMany(buffer => buffer.Lanes), .. numbers];
        object? answer = unit.invoke("step", arguments);
        foreach (Scalar number in numbers) number.Dispose();
        if (answer is not Tensor total) return 0;
        using (total) return total.item<double>();
    }

    private jit.CompilationUnit Compile()
    {
        ReadOnlySpan<TapeNode> nodes = CollectionsMarshal.AsSpan((List<TapeNode>)tape.Nodes);
        ReadOnlySpan<int> sums = CollectionsMarshal.AsSpan((List<int>)tape.Sums);
        ReadOnlySpan<(ScriptedBuffer, int, int)> ends = CollectionsMarshal.AsSpan(results);
        foreach (Compiled known in compiled)
            if (ends.SequenceEqual(known.Results) && sums.SequenceEqual(known.Sums) && nodes.SequenceEqual(known.Nodes)) return known.Unit;
        LastScript = tape.Script("step", [.. results.Select(result => (Target(result.Buffer, result.Lane), result.Node))]);
        jit.CompilationUnit made = CompiledScripts.Of(LastScript);
        compiled.Add(new([.. nodes], [.. sums], [.. results], made));
        return made;
    }

    private static string Target(ScriptedBuffer buffer, int lane) => $"{buffer.Name}_{lane}";

    private sealed record Compiled(TapeNode[] Nodes, int[] Sums, (ScriptedBuffer, int, int)[] Results, jit.CompilationUnit Unit);
}
