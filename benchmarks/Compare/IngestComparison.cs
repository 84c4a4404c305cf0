using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch.Data;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Reading an ML.NET data view into flat buffers, against ML.NET's own cache and against a cursor that throws the rows away.</summary>
internal static class IngestComparison
{
    public static Section Run(int rounds)
    {
        Workload workload = Workload.All.Single(candidate => candidate.Name == "W4");
        TrainingData data = workload.Data();
        var context = new MLContext(seed: 1);
        IDataView view = TableRow.View(context, data);
        var roles = new RoleMappedData(view, label: "Label", feature: "Features");
        List<Contestant> contestants =
        [
            new Repeat("flat buffers", () => DataReader.Read(roles, 1, mayBeMissing: _ => false, () => { })),
            new Repeat("ML.NET cache, filled by one pass", () => Walk(context.Data.Cache(view))),
            new Repeat("a cursor that keeps nothing", () => Walk(view)),
        ];
        Race race = Race.Run(contestants, Math.Max(3, rounds / 4), 1);
        return new Section(
            $"ingest: {workload.Rows:N0} rows of {workload.Columns}", "ms",
            [.. race.Laps.Select(lap => (lap.Name, lap.Median / 1000, lap.Best / 1000))],
            [new Bar("ML.NET cache / flat buffers", race.Ratio(contestants[1].Name, contestants[0].Name), 1, AtLeast: true)],
            $"The buffers take {4.0 * (workload.Columns + 1) * workload.Rows / 1e6:F0} MB: 4 bytes a number, plus the last chunk's slack while reading.");
    }

    private static void Walk(IDataView view)
    {
        DataViewSchema.Column features = view.Schema["Features"], label = view.Schema["Label"];
        using DataViewRowCursor cursor = view.GetRowCursor([features, label]);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(features);
        ValueGetter<float> getLabel = cursor.GetGetter<float>(label);
        VBuffer<float> row = default;
        float value = 0;
        while (cursor.MoveNext())
        {
            getFeatures(ref row);
            getLabel(ref value);
        }
    }
}
