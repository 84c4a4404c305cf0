using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>
/// The products of larger networks, libtorch's against the engine's own, on one core, and the engine's whole step with either: what decision 0009 goes by.
/// </summary>
internal static class ProductComparison
{
    private const string StepWithOwn = "engine's step with own products", StepWithLibrarys = "engine's step with libtorch's products";

    private static readonly (int[] Sizes, int Batch)[] Networks =
        [([256, 256, 256, 10], 256), ([128, 512, 512, 10], 1024), ([512, 1024, 1024, 10], 1024), ([1024, 2048, 2048, 100], 1024), ([2048, 4096, 4096], 1024), ([1024, 1024], 16384)];

    public static Section Run(int rounds)
    {
        var rows = new List<(string, double, double)>();
        List<string> ofProducts = [], ofSteps = [];
        foreach ((int[] sizes, int batch) in Networks)
        {
            var workload = new Workload("", sizes, batch, batch, "sgd", 1e-3);
            TrainingData data = Data(workload);
            Race race = Race.Run([.. GemmFloor.OneCore(workload), Step(StepWithOwn, workload, data, false), Step(StepWithLibrarys, workload, data, true)], Math.Max(3, rounds / 5), 1);
            string name = $"{string.Join('-', sizes)}, batch {batch}";
            rows.AddRange(race.Laps.Select(lap => ($"{name}, {lap.Name.Replace("floor: ", "")}", lap.Median / 1000, lap.Best / 1000)));
            ofProducts.Add($"{race.Ratio(GemmFloor.Library, GemmFloor.Own):F2}");
            ofSteps.Add($"{race.Ratio(StepWithLibrarys, StepWithOwn):F2}");
        }
        return new Section(
            "products of larger networks, one step on one core", "ms", rows, [],
            $"Vectors of {Simd.Width} bits. libtorch's / own, in this order: products {string.Join(", ", ofProducts)}; steps {string.Join(", ", ofSteps)}.");
    }

    private static EngineLoop Step(string name, Workload workload, TrainingData data, bool byLibtorch) =>
        new(name, new CpuEngine(workload.Network(), workload.Loss, data, threads: 1, largeByLibtorch: byLibtorch), workload);

    private static TrainingData Data(Workload workload)
    {
        Memory<float> labels = AlignedMemory.Allocate<float>(workload.Rows);
        for (int row = 0; row < labels.Length; row++) labels.Span[row] = row % workload.Outputs;
        return new TrainingData(workload.Rows, workload.Columns, RandomMemory.Allocate(workload.Rows * workload.Columns), labels, default);
    }
}
