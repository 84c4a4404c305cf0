using System.Globalization;

namespace SearchExample;

/// <summary>The command line.</summary>
internal sealed record Settings(int Trials, int Epochs, int Workers, bool Fresh, bool Quiet)
{
    /// <summary>Null after a message if it cannot be understood.</summary>
    public static Settings? Parse(string[] args)
    {
        var settings = new Settings(Trials: 40, Epochs: 27, Workers: 1, Fresh: false, Quiet: false);
        for (int i = 0; i < args.Length; i++)
        {
            Settings? next = args[i] switch
            {
                "--fresh" => settings with { Fresh = true },
                "--quiet" => settings with { Quiet = true },
                "--trials" when Number(args, ++i) is { } trials => settings with { Trials = trials },
                "--epochs" when Number(args, ++i) is { } epochs and >= 3 => settings with { Epochs = epochs },
                "--workers" when Number(args, ++i) is { } workers => settings with { Workers = workers },
                _ => null,
            };
            if (next is null)
            {
                Console.Error.WriteLine($"'{args[Math.Min(i, args.Length - 1)]}' is not understood. Use [--trials N] [--epochs N, at least 3] [--workers N] [--fresh].");
                return null;
            }
            settings = next;
        }
        return settings;
    }

    private static int? Number(string[] args, int index) =>
        index < args.Length && int.TryParse(args[index], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 ? number : null;
}
