using Microsoft.Testing.Extensions;
using Microsoft.Testing.Platform.Builder;
using Microsoft.VisualStudio.TestTools.UnitTesting;

/// <summary>Starts the tests of a project: the default tier, or what a filter on the command line asks for.</summary>
internal static class EntryPoint
{
    private static readonly string[] filters = ["--filter", "--filter-uid"];

    // A project that has only slow tests runs none of them: its exit code 8 is no failure.
    private static readonly string[] defaultTier = ["--filter", "TestCategory!=Slow", "--ignore-exit-code", "8"];

    private static async Task<int> Main(string[] args)
    {
        if (!args.Intersect(filters, StringComparer.OrdinalIgnoreCase).Any()) args = [.. args, .. defaultTier];
        ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(args);
        builder.AddMSTest(() => [typeof(EntryPoint).Assembly]);
        builder.AddTrxReportProvider();
        using ITestApplication tests = await builder.BuildAsync();
        return await tests.RunAsync();
    }
}
