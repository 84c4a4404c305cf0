namespace MlNetLr.Benchmarks;

/// <summary>
/// One named benchmark. A public parameterless class that derives from this is found by itself:
/// put it into a file of its own, in the folder of what it measures.
/// </summary>
internal abstract class Command
{
    /// <summary>The word on the command line, in lower case with dashes.</summary>
    public abstract string Name { get; }

    /// <summary>What it prints, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>Runs it with the words after its name and gives the exit code: 0 when every bar it states is met.</summary>
    public abstract int Run(IReadOnlyList<string> arguments);

    /// <summary>All commands, by name.</summary>
    public static IReadOnlyList<Command> All() =>
        [.. typeof(Command).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Command)) && !type.IsAbstract)
            .Select(type => (Command)Activator.CreateInstance(type)!)
            .OrderBy(command => command.Name, StringComparer.Ordinal)];
}
