using System.Globalization;
using Microsoft.ML.Trainers.Torch;

namespace TrainOnYourCsv;

/// <summary>Reads <c>adamw(lr=1e-3, wd=0.01)</c>.</summary>
internal static class OptimizerText
{
    private const string Known = "sgd(lr, momentum, wd), adagrad(lr, wd), rmsprop(lr, momentum, wd), adam(lr, wd), adamw(lr, wd)";

    /// <exception cref="UserError">The text names no optimizer, or an argument that it does not have.</exception>
    public static Optimizer Parse(string text)
    {
        string[] parts = text.TrimEnd(')').Split('(', 2, StringSplitOptions.TrimEntries);
        var arguments = new Dictionary<string, double>();
        foreach (string argument in parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = argument.Split('=', StringSplitOptions.TrimEntries);
            if (pair.Length != 2 || !double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                throw new UserError($"--optimizer: '{argument}' must be a name, = and a number. Write for example adamw(lr=1e-3, wd=0.01).");
            arguments[pair[0]] = value;
        }

        Optimizer optimizer = parts[0].ToLowerInvariant() switch
        {
            "sgd" => Optimizers.Sgd(Take("lr", 1e-2), Take("momentum", 0), weightDecay: Take("wd", 0)),
            "adagrad" => Optimizers.Adagrad(Take("lr", 1e-2), weightDecay: Take("wd", 0)),
            "rmsprop" => Optimizers.RmsProp(Take("lr", 1e-2), momentum: Take("momentum", 0), weightDecay: Take("wd", 0)),
            "adam" => Optimizers.Adam(Take("lr", 1e-3), weightDecay: Take("wd", 0)),
            "adamw" => Optimizers.AdamW(Take("lr", 1e-3), Take("wd", 0.01)),
            _ => throw new UserError($"--optimizer must be one of {Known} but was '{text}'."),
        };
        return arguments.Count == 0 ? optimizer : throw new UserError($"--optimizer: '{arguments.Keys.First()}' must be an argument that {parts[0]} has. There are: {Known}.");

        double Take(string name, double otherwise) => arguments.Remove(name, out double value) ? value : otherwise;
    }
}
