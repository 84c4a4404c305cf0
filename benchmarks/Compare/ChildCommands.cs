using System.Diagnostics;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>A process of <see cref="StartComparison"/>.</summary>
internal sealed class StartChildCommand : Command
{
    public const string Word = "start-child";

    public override string Name => Word;

    public override string Summary => "used by compare start: one small fit; argument: engine, fit or torch";

    public override int Run(IReadOnlyList<string> arguments)
    {
        StartComparison.Work(arguments.Count > 0 ? arguments[0] : "engine");
        return 0;
    }
}

/// <summary>A process of <see cref="FirstFitComparison"/>.</summary>
internal sealed class FirstFitChildCommand : Command
{
    public const string Word = "first-fit-child";

    public override string Name => Word;

    public override string Summary => "used by compare W4: prints the milliseconds of one fit; argument: the trainer";

    public override int Run(IReadOnlyList<string> arguments)
    {
        FirstFitComparison.Work(arguments.Count > 0 ? arguments[0] : "");
        return 0;
    }
}

/// <summary>A neighbour of <see cref="ContentionComparison"/>.</summary>
internal sealed class BusyChildCommand : Command
{
    public override string Name => "busy-child";

    public override string Summary => "used by compare contention: keeps one core busy; argument: seconds";

    public override int Run(IReadOnlyList<string> arguments)
    {
        var clock = Stopwatch.StartNew();
        double seconds = arguments.Count > 0 ? double.Parse(arguments[0]) : 1;
        while (clock.Elapsed.TotalSeconds < seconds) { }
        return 0;
    }
}
