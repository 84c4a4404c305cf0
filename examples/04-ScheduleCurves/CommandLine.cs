using System.Globalization;

namespace ScheduleCurves;

/// <summary>What was asked for.</summary>
internal sealed record CommandLine(IReadOnlyList<string> Schedules, int StepsPerEpoch, double Epochs, double? PeakRate, string? Csv, string? Svg)
{
    private const string Usage = "usage: --schedule TEXT [--schedule TEXT ...] --steps-per-epoch N --epochs N [--peak-rate RATE] [--csv FILE] [--svg FILE]\n       --docs FOLDER";

    /// <summary>Reads the arguments; anything unknown is an error.</summary>
    internal static CommandLine Parse(string[] args)
    {
        var schedules = new List<string>();
        var values = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (args[i] is not ("--schedule" or "--steps-per-epoch" or "--epochs" or "--peak-rate" or "--csv" or "--svg") || i + 1 == args.Length)
                throw new ArgumentException($"{args[i]} is unknown or has no value.\n{Usage}");
            if (args[i] == "--schedule")
                schedules.Add(args[i + 1]);
            else if (!values.TryAdd(args[i], args[i + 1]))
                throw new ArgumentException($"{args[i]} is given twice.\n{Usage}");
        }
        if (schedules.Count == 0)
            throw new ArgumentException(Usage);
        return new CommandLine(schedules, (int)Number("--steps-per-epoch"), Number("--epochs"), values.ContainsKey("--peak-rate") ? Number("--peak-rate") : null,
            values.GetValueOrDefault("--csv"), values.GetValueOrDefault("--svg"));

        double Number(string name) =>
            values.TryGetValue(name, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                ? number : throw new ArgumentException($"{name} must be a number but was {text ?? "missing"}.\n{Usage}");
    }
}
