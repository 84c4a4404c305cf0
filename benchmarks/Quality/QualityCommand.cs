using System.Globalization;
using System.Text.Json;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>How well TorchTabular predicts beside ML.NET's trainers, with defaults only.</summary>
internal sealed class QualityCommand : Command
{
    public override string Name => "quality";

    public override string Summary =>
        "TorchTabular against ML.NET's trainers: --data FILE --label NAME --task regression|binary|multiclass [--test FILE] [--seeds 3] [--split 0.2] [--splits 10], or --suite FOLDER [--set NAME,...]; [--schedules] [--only CONTESTANT,...] [--first-seed 1] [--limit 1800: seconds per fit] [--members N] [--folds N] [--remarks: what the held-out folds told] [--out NAME: adds to benchmarks/results/NAME.md and .json]";

    public override int Run(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            Console.Error.WriteLine(Summary);
            return 2;
        }
        if (!TryParse(arguments, out Dictionary<string, string> given, out string? problem))
        {
            Console.Error.WriteLine($"{problem} Without arguments the command names its options.");
            return 2;
        }
        try
        {
            return Measure(given);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or IOException or InvalidDataException or UnauthorizedAccessException or JsonException or OutOfMemoryException)
        {
            Console.Error.WriteLine(fault.Message);
            return 2;
        }
    }

    private static int Measure(Dictionary<string, string> given)
    {
        int seeds = Number(given, "seeds") ?? 3;
        QualityContestant.Members = Number(given, "members");
        QualityContestant.Folds = Number(given, "folds");
        IReadOnlyList<QualityContestant> contestants = given.ContainsKey("schedules") ? QualityContestant.Schedules : QualityContestant.All;
        if (given.TryGetValue("only", out string? only))
            contestants = [.. contestants.Where(contestant => only.Split(',').Any(part => contestant.Name.Contains(part.Trim(), StringComparison.OrdinalIgnoreCase)))];
        if (contestants.Count == 0)
        {
            Console.Error.WriteLine($"--only must name contestants but was '{only}'. There are: {string.Join(", ", QualityContestant.All.Select(contestant => contestant.Name))}.");
            return 2;
        }
        QualityData[] sets = [.. given.TryGetValue("suite", out string? folder) ? Suite(folder, given.GetValueOrDefault("set", "")) : [One(given)]];
        if (sets.Length == 0)
        {
            Console.Error.WriteLine("--suite must be a folder with some of the data sets, and --set a part of their names, but nothing was found.");
            return 2;
        }
        var limit = TimeSpan.FromSeconds(Number(given, "limit") ?? 1800);
        bool complete = true;
        foreach (QualityData data in sets)
        {
            QualityTable table = new QualityRun(data, Number(given, "first-seed") ?? 1, seeds, contestants, limit, given.ContainsKey("remarks")).Run();
            complete &= table.Results.All(result => result.Failure is null);
            // All that was measured so far is kept, whatever comes after it.
            if (given.TryGetValue("out", out string? name)) QualityReport.Write(name, [table]);
            Console.WriteLine(QualityReport.Markdown(table));
        }
        return complete ? 0 : 1;
    }

    /// <summary>The data sets of a folder: what to predict, and how they are cut. Names of files, labels and tasks, nothing else.</summary>
    private static IEnumerable<QualityData> Suite(string folder, string names)
    {
        string At(string name) => Path.Combine(folder, name);
        QualityData[] sets =
        [
            new("California housing", At("california-housing.csv"), "median_house_value", TableTask.Regression),
            new("Taxi fares", At("taxi-fare-train.csv"), "fare_amount", TableTask.Regression) { TestFile = At("taxi-fare-test.csv") },
            new("Adult income", At("adult.txt"), "last", TableTask.Binary),
            new("Handwritten digits", At("optdigits-train.csv"), "last", TableTask.Multiclass) { TestFile = At("optdigits-test.csv") },
            new("German credit", At("german-credit.csv"), "last", TableTask.Binary) { TestFraction = 0.3, Splits = 10 },
            new("Pima diabetes", At("pima-diabetes.csv"), "last", TableTask.Binary) { TestFraction = 0.3, Splits = 10 },
        ];
        return sets.Where(set => File.Exists(set.File) && names.Split(',').Any(name => set.Title.Contains(name.Trim(), StringComparison.OrdinalIgnoreCase)));
    }

    private static QualityData One(Dictionary<string, string> given) =>
        new(Path.GetFileNameWithoutExtension(given["data"]), given["data"], given["label"], Task(given["task"]))
        {
            TestFile = given.GetValueOrDefault("test"),
            TestFraction = Fraction(given) ?? 0.2,
            Splits = Number(given, "splits") ?? 1,
        };

    private static TableTask Task(string text) =>
        Enum.GetValues<TableTask>().Where(task => task.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)).Cast<TableTask?>().FirstOrDefault()
            ?? throw new ArgumentException($"--task must be regression, binary or multiclass but was '{text}'. A number is a regression, a yes or no binary, one of several values multiclass.");

    private static double? Fraction(Dictionary<string, string> given) => !given.TryGetValue("split", out string? text) ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double part) && part is > 0 and < 1 ? part
            : throw new ArgumentException($"--split must be above 0 and below 1 but was '{text}'. It is the part of the rows to test on.");

    private static int? Number(Dictionary<string, string> given, string name)
    {
        const int Most = 1_000_000;
        int least = name == "folds" ? 0 : 1;
        return !given.TryGetValue(name, out string? text) ? null
            : int.TryParse(text, CultureInfo.InvariantCulture, out int number) && number >= least && number <= Most ? number
            : throw new ArgumentException($"--{name} must be a whole number from {least} to {Most} but was '{text}'.");
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out Dictionary<string, string> given, out string? problem)
    {
        string[] flags = ["schedules", "remarks"], values = ["data", "label", "task", "test", "seeds", "split", "splits", "suite", "set", "only", "first-seed", "limit", "members", "folds", "out"];
        given = [];
        problem = null;
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i].TrimStart('-');
            if (flags.Contains(name)) given[name] = "";
            else if (!values.Contains(name)) problem ??= $"An option must be one of this command's but was '{arguments[i]}'.";
            else if (i + 1 == arguments.Count) problem ??= $"--{name} must have a value but was the last word.";
            else given[name] = arguments[++i];
        }
        if (!given.ContainsKey("suite"))
            foreach (string needed in (string[])["data", "label", "task"])
                if (!given.ContainsKey(needed)) problem ??= $"--{needed} must be given but was not.";
        return problem is null;
    }
}
