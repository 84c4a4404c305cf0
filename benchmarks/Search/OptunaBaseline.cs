using System.Text.Json;

namespace MlNetLr.Benchmarks.Search;

/// <summary>Every seed's regret of another system (Optuna 5.0.dev, 30 seeds), measured once and kept beside this file.</summary>
internal static class OptunaBaseline
{
    private static readonly Dictionary<(string Problem, string Sampler, int Trials), double[]> regrets = Load();

    public static double[]? Regrets(string problem, string sampler, int trials) => regrets.GetValueOrDefault((problem, sampler, trials));

    private static Dictionary<(string, string, int), double[]> Load()
    {
        using Stream stream = typeof(OptunaBaseline).Assembly.GetManifestResourceStream("optuna-baseline.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        return (from row in document.RootElement.EnumerateArray()
                from trials in new[] { 25, 50, 100, 200 }
                select KeyValuePair.Create(
                    (row.GetProperty("problem").GetString()!, row.GetProperty("sampler").GetString()!, trials),
                    row.GetProperty($"all@{trials}").EnumerateArray().Select(value => value.GetDouble()).ToArray())).ToDictionary();
    }
}
