using BenchmarkDotNet.Running;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>The micro level, by BenchmarkDotNet.</summary>
internal sealed class MicroCommand : Command
{
    public override string Name => "micro";

    public override string Summary => "kernels and single steps by BenchmarkDotNet; arguments: its own, such as --filter *Product*";

    public override int Run(IReadOnlyList<string> arguments)
    {
        BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run([.. arguments]);
        return 0;
    }
}
