using System.Globalization;

namespace TrainOnYourCsv;

/// <summary>What the command line asks for.</summary>
internal sealed record CommandLine
{
    public const string Usage =
        "--data train.csv [--test test.csv] --label NAME --task regression|binary|multiclass [--ignore a,b] [--epochs N] " +
        "[--optimizer TEXT] [--schedule TEXT] [--save model.zip] [--metrics out.json]";

    private static readonly string[] names = ["data", "test", "label", "task", "ignore", "epochs", "optimizer", "schedule", "save", "metrics"];

    public required string Data { get; init; }

    public string? Test { get; init; }

    public required string Label { get; init; }

    public required string Task { get; init; }

    public IReadOnlyList<string> Ignore { get; init; } = [];

    public int? Epochs { get; init; }

    public string? Optimizer { get; init; }

    public string? Schedule { get; init; }

    public string? Save { get; init; }

    public string? Metrics { get; init; }

    /// <exception cref="UserError">An option is unknown, missing, given twice or without a value.</exception>
    public static CommandLine Parse(string[] arguments)
    {
        var values = new Dictionary<string, string>();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string name = arguments[i].StartsWith("--") ? arguments[i][2..] : "";
            if (!names.Contains(name)) throw new UserError($"There is no option '{arguments[i]}'. Usage: {Usage}");
            if (i + 1 == arguments.Length) throw new UserError($"--{name} needs a value. Usage: {Usage}");
            if (!values.TryAdd(name, arguments[i + 1].Trim())) throw new UserError($"--{name} came twice. Give it once.");
        }

        return new CommandLine
        {
            Data = Required("data"),
            Test = values.GetValueOrDefault("test"),
            Label = Required("label"),
            Task = Required("task"),
            Ignore = values.GetValueOrDefault("ignore")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Epochs = values.TryGetValue("epochs", out string? epochs) ? AtLeastOne("epochs", epochs) : null,
            Optimizer = values.GetValueOrDefault("optimizer"),
            Schedule = values.GetValueOrDefault("schedule"),
            Save = values.GetValueOrDefault("save"),
            Metrics = values.GetValueOrDefault("metrics"),
        };

        string Required(string name) =>
            values.GetValueOrDefault(name) ?? throw new UserError($"--{name} is missing. Usage: {Usage}");
    }

    private static int AtLeastOne(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new UserError($"--{name} must be a whole number of at least 1 but was '{text}'. Try --{name} 50.");
}
