using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace NeuralNetworks.Tests.Models;

/// <summary>Scores with a saved model in a process of its own that names none of our types: tests/FreshProcess.</summary>
internal static class FreshProcess
{
    public static IReadOnlyList<string> Scores(string modelPath, IEnumerable<float[]> rows)
    {
        string own = AppContext.BaseDirectory;
        string program = Path.Combine(own.Replace("NeuralNetworks.Tests", "FreshProcess", StringComparison.Ordinal), "FreshProcess.dll");
        var start = new ProcessStartInfo("dotnet", [program, modelPath]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        foreach (float[] row in rows)
            process.StandardInput.WriteLine(string.Join(',', row.Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
        process.StandardInput.Close();
        process.WaitForExit();
        process.ExitCode.Should().Be(0, errors.Result);
        return output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public static IReadOnlyList<string> Bits(IDataView scored)
    {
        IEnumerable<float[]> scores = scored.Schema["Score"].Type is VectorDataViewType
            ? scored.GetColumn<float[]>("Score")
            : scored.GetColumn<float>("Score").Select(score => new[] { score });
        return [.. scores.Select(score => string.Join(',', score.Select(value => BitConverter.SingleToUInt32Bits(value).ToString("X8", CultureInfo.InvariantCulture))))];
    }
}
