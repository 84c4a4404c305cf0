using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>One step of training: the engine on one and two threads, TorchSharp as users write it, and the floor.</summary>
internal static class TrainingComparison
{
    private const string One = "CPU engine, 1 thread";
    private const string Two = "CPU engine, 2 threads";

    public static Section Run(Workload workload, int rounds)
    {
        TrainingData data = workload.Data();
        List<Contestant> contestants =
        [
            new EngineLoop(One, new CpuEngine(workload.Network(), workload.Loss, data, threads: 1), workload),
            new EngineLoop(Two, new CpuEngine(workload.Network(), workload.Loss, data, threads: 2), workload),
            new TorchInMemory(workload, data, threads: 1),
            new TorchInMemory(workload, data, threads: 2),
            new TorchEngineLoop(workload, data, threads: 1),
            new TorchEngineLoop(workload, data, threads: 2),
            .. PythonLoop.Of(workload),
        ];
        bool linear = workload.Sizes.Length == 2;
        if (!linear) contestants.AddRange(GemmFloor.Of(workload));
        if (workload.Name is "W1" or "W2") contestants.Add(new TorchDataLoader(workload, data, threads: 2));
        if (workload.Name == "W4") contestants.Add(BandwidthFloor.Of(workload));
        if (workload.Name == "W1") contestants.AddRange(NativeCallFloor.All());
        Race race = Race.Run(contestants, rounds, workload.Name == "W3" ? 80 : 30);
        contestants.ForEach(contestant => contestant.Dispose());
        string peer = race["TorchSharp in memory, 1 thread"].Median < race["TorchSharp in memory, 2 threads"].Median
            ? "TorchSharp in memory, 1 thread" : "TorchSharp in memory, 2 threads";
        string engine = race["Torch engine, 1 thread"].Median < race["Torch engine, 2 threads"].Median ? "Torch engine, 1 thread" : "Torch engine, 2 threads";
        List<Bar> bars = [new("Torch engine / TorchSharp in memory", race.Ratio(engine, peer), 1, AtLeast: false)];
        if (workload.Name == "W1" && contestants.Any(contestant => contestant.Name == PythonLoop.Seed))
            bars.Add(new($"{PythonLoop.Seed} / {Two}", race.Ratio(PythonLoop.Seed, Two), 300, AtLeast: true));
        string note = "";
        if (!linear)
        {
            string floor = race[GemmFloor.Own].Median < race[GemmFloor.Library].Median ? GemmFloor.Own : GemmFloor.Library;
            if (workload.Name == "W2") bars.Add(new("1 thread / floor of one core", race.Ratio(One, floor), 1.25, AtLeast: false));
            bars.Add(new("2 threads / floor of two cores", 2 * race.Ratio(Two, floor), workload.Name == "W2" ? 1.5 : 1.12, AtLeast: false));
            note = $"The floor of two cores is half of that of one. What two cores reach at once here: own products of one core / two at once {race.Ratio(GemmFloor.Own, GemmFloor.OwnOnTwo):F2}, 2 threads / two at once {race.Ratio(Two, GemmFloor.OwnOnTwo):F2}.";
            bars.Add(new("TorchSharp in memory / 2 threads", race.Ratio(peer, Two), workload.Name == "W2" ? 4.5 : 1.35, AtLeast: true));
        }
        else
        {
            bars.Add(new($"TorchSharp in memory / {Two}", race.Ratio(peer, Two), workload.Name == "W1" ? 200 : 6, AtLeast: true));
        }
        return new Section(
            $"{workload.Name}: {string.Join("-", workload.Sizes)}, batch {workload.Batch}, {workload.Rule}, {workload.Rows:N0} rows", "us per step",
            [.. race.Laps.Select(lap => (lap.Name, lap.Median, lap.Best))], bars, note);
    }
}
