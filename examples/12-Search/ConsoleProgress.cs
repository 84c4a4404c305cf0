using Microsoft.ML.TrainerSearch;

namespace SearchExample;

/// <summary>One line that follows the epochs, and a line for every trial that ends or pauses.</summary>
internal sealed class ConsoleProgress(Settings settings) : IProgress<SearchProgress>
{
    public void Report(SearchProgress now)
    {
        if (now.State == TrialState.Running)
        {
            if (!Console.IsOutputRedirected) Console.Write($"\rtrial {now.Trial,3}  epoch {now.Epoch,3}/{settings.Epochs}  rate {now.Rate:0.0e+0}  loss {now.Loss:0.0000}   ");
            return;
        }
        if (!Console.IsOutputRedirected) Console.Write('\r');
        string outcome = now.Metric is { } metric ? $"error {metric:0.0000}" : $"loss  {now.Loss:0.0000}";
        Console.WriteLine($"trial {now.Trial,3}  {now.State,-9} after {now.Epoch,2} epochs  {outcome}{(now.BestMetric is { } best ? $"  best {best:0.0000}" : "")}");
    }
}
