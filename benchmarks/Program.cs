using System.Globalization;
using MlNetLr.Benchmarks;
using MlNetLr.Benchmarks.Compare;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// The start of this process is what is measured: looking through all commands would count as well.
if (args is [StartChildCommand.Word, var child])
{
    StartComparison.Work(child);
    return 0;
}

IReadOnlyList<Command> commands = Command.All();
if (args.Length > 0 && commands.FirstOrDefault(command => command.Name == args[0]) is { } chosen)
    return chosen.Run(args[1..]);

Console.WriteLine("usage: dotnet run -c Release --project benchmarks -- COMMAND [arguments]");
foreach (Command command in commands)
    Console.WriteLine($"  {command.Name,-18} {command.Summary}");
return args.Length == 0 ? 0 : 2;
