using System.Globalization;
using System.Text;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>What an argument of a <see cref="PassScript"/> is part of.</summary>
internal enum PassArgumentKind
{
    /// <summary>A parameter.</summary>
    Weights,

    /// <summary>A parameter's gradient.</summary>
    Gradients,

    /// <summary>Memory for as many rows as the batch has.</summary>
    Buffer,

    /// <summary>What a dropout layer multiplies by.</summary>
    Mask,

    /// <summary>Numbers that never change.</summary>
    Constant,
}

/// <summary>An argument: the tensor of that kind and number, or its transpose.</summary>
internal sealed record PassArgument(string Name, PassArgumentKind Kind, int Index, bool Transposed);

/// <summary>Rows of numbers while a script runs.</summary>
/// <param name="Name">The tensor's name in the script.</param>
/// <param name="Transposed">What its transpose is called.</param>
/// <param name="Columns">Numbers per row.</param>
/// <param name="Spare">Whether nobody reads them any more but who is given them: they may be overwritten.</param>
/// <param name="Buffer">The number of their buffer; -1 for a tensor that the script makes.</param>
internal readonly record struct PassRows(string Name, string Transposed, int Columns, bool Spare, int Buffer)
{
    /// <summary>The same rows for somebody who must leave them as they are.</summary>
    public PassRows Kept => this with { Spare = false };

    public override string ToString() => Name;
}

/// <summary>
/// The text of a pass: lines that name tensors which exist before it is called, so that the script makes none. Views are arguments too,
/// because an argument costs less than an operation. There are two functions: <see cref="Set"/> replaces the gradients, <see cref="Add"/> adds to them.
/// </summary>
internal sealed class PassScript(ParameterLayout layout)
{
    /// <summary>The functions' names.</summary>
    public const string Set = "set", Add = "add";

    /// <summary>Types of tensors, which a script knows by number.</summary>
    public const string Integers = "4", Floats = "6";

    private readonly StringBuilder setting = new(), adding = new();
    private readonly List<PassArgument> arguments = [];
    private readonly List<int> buffers = [];
    private readonly List<int> free = [];
    private readonly List<(Dropout Layer, int Number)> masks = [];
    private readonly List<Array> constants = [];
    private int locals;

    /// <summary>What follows the arguments that every script has, in this order.</summary>
    public IReadOnlyList<PassArgument> Arguments => arguments;

    /// <summary>Numbers per row of each buffer.</summary>
    public IReadOnlyList<int> Buffers => buffers;

    /// <summary>The dropout layers and their numbers in the network.</summary>
    public IReadOnlyList<(Dropout Layer, int Number)> Masks => masks;

    /// <summary>The constants: arrays of float, or of long for places.</summary>
    public IReadOnlyList<Array> Constants => constants;

    /// <summary>A number as the script's language writes it.</summary>
    public static string Number(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) || text.Contains('E', StringComparison.Ordinal) ? text : text + ".0";
    }

    public void Line(string text) => Line(text, text);

    /// <summary>The gradient of a parameter is a tensor of its shape.</summary>
    public void Store(string parameter, string tensor)
    {
        string gradient = Gradient(parameter);
        Line($"{gradient}.copy_({tensor})", $"{gradient}.add_({tensor})");
    }

    /// <summary>The gradient of a parameter is the sum of rows.</summary>
    public void StoreSum(string parameter, string rows)
    {
        string gradient = Gradient(parameter);
        Line($"torch.sum({rows}, [0], out={gradient})", $"{gradient}.add_(torch.sum({rows}, [0]))");
    }

    /// <summary>The gradient of a parameter is a factor times the product of two matrices.</summary>
    public void StoreProduct(string parameter, string left, string right, string factor)
    {
        // With a weight of 0 for what was there, libtorch does not read it: it need not be a number.
        string gradient = Gradient(parameter);
        Line($"{gradient}.addmm_({left}, {right}, beta=0, alpha={factor})", $"{gradient}.addmm_({left}, {right}, beta=1, alpha={factor})");
    }

    /// <summary>The gradient of a table is the sum, for each of its rows, of the rows that used it.</summary>
    public void StoreRows(string parameter, string used, string rows)
    {
        string gradient = Gradient(parameter);
        Line($"{gradient}.zero_().index_add_(0, {used}, {rows})", $"{gradient}.index_add_(0, {used}, {rows})");
    }

    /// <summary>Memory for rows of so many numbers, with nothing in it yet; used anew where it can be.</summary>
    public PassRows Buffer(int columns)
    {
        int known = free.FindLastIndex(buffer => buffers[buffer] == columns), buffer = buffers.Count;
        if (known >= 0)
        {
            buffer = free[known];
            free.RemoveAt(known);
        }
        else
        {
            buffers.Add(columns);
        }
        return new(Argument("b", PassArgumentKind.Buffer, buffer), Argument("b", PassArgumentKind.Buffer, buffer, transposed: true), columns, Spare: true, buffer);
    }

    /// <summary>Rows that the script makes itself, where libtorch's operation leaves no choice or choice is not worth it.</summary>
    public PassRows Local(int columns)
    {
        string name = Name();
        return new(name, $"{name}.t()", columns, Spare: true, Buffer: -1);
    }

    /// <inheritdoc cref="Local(int)"/>
    public PassRows Local(string expression, int columns)
    {
        PassRows rows = Local(columns);
        Line($"{rows} = {expression}");
        return rows;
    }

    /// <summary>A name for anything else.</summary>
    public string Name() => $"t{locals++}";

    /// <summary>A name for the value of an expression.</summary>
    public string Let(string expression)
    {
        string name = Name();
        Line($"{name} = {expression}");
        return name;
    }

    /// <summary>Rows that are no longer needed, if they may be overwritten.</summary>
    public void Free(PassRows rows)
    {
        if (rows is { Spare: true, Buffer: >= 0 }) free.Add(rows.Buffer);
    }

    public string Weights(string parameter, bool transposed = false) => Argument("w", PassArgumentKind.Weights, Slot(parameter), transposed);

    public string Mask(Dropout layer, int number)
    {
        masks.Add((layer, number));
        return Argument("m", PassArgumentKind.Mask, masks.Count - 1);
    }

    public string Constant(IEnumerable<double> values) => Constant((Array)values.Select(value => (float)value).ToArray());

    /// <summary>Places along a dimension.</summary>
    public string Indices(IEnumerable<int> places) => Constant((Array)places.Select(place => (long)place).ToArray());

    /// <param name="weighted">Whether rows have weights.</param>
    public string Text(bool weighted)
    {
        IEnumerable<string> names =
        [
            "features: Tensor", "labels: Tensor", "order: Tensor", "loss: Tensor", "first: int", "rows: int", "scale: float", "smoothing: float",
            .. weighted ? (string[])["weights: Tensor"] : [], .. arguments.Select(argument => $"{argument.Name}: Tensor"),
        ];
        string list = string.Join(", ", names);
        return $"def {Set}({list}):\n{setting}def {Add}({list}):\n{adding}";
    }

    private void Line(string whenSetting, string whenAdding)
    {
        setting.Append("    ").Append(whenSetting).Append('\n');
        adding.Append("    ").Append(whenAdding).Append('\n');
    }

    private string Gradient(string parameter) => Argument("g", PassArgumentKind.Gradients, Slot(parameter));

    private string Constant(Array values)
    {
        constants.Add(values);
        return Argument("c", PassArgumentKind.Constant, constants.Count - 1);
    }

    private int Slot(string parameter)
    {
        for (int i = 0; i < layout.Count; i++)
            if (layout[i].Spec.Name == parameter) return i;
        throw new ArgumentException($"parameter must be one of the network's but was '{parameter}'.", nameof(parameter));
    }

    private string Argument(string letter, PassArgumentKind kind, int index, bool transposed = false)
    {
        PassArgument argument = new($"{letter}{index}{(transposed ? "t" : "")}", kind, index, transposed);
        if (!arguments.Contains(argument)) arguments.Add(argument);
        return argument.Name;
    }
}
