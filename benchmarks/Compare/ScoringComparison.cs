using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>W5: scoring many rows and single rows with the network of W2, against ONNX Runtime and the floor.</summary>
internal static class ScoringComparison
{
    private const int Rows = 1 << 20;

    // Whoever is free takes the next part, as in training: a thread that the system has put aside delays little.
    private const int Parts = 8;

    private const string One = "scorer, 1 thread";
    private const string Two = "scorer, 2 threads";
    private const string OneWithoutZeros = "scorer, 1 thread, without zeros";
    private const string TwoWithoutZeros = "scorer, 2 threads, without zeros";

    public static IEnumerable<Section> Run(int rounds)
    {
        Workload workload = Workload.All.Single(candidate => candidate.Name == "W2") with { Name = "W5", Rows = Rows };
        TrainingData data = workload.Data();
        FittedNetwork network = Fitted(workload, data);
        yield return Batches(workload, data, network, WithoutZeros(network), rounds);
        yield return SingleRows(data, network);
    }

    private static FittedNetwork Fitted(Workload workload, TrainingData data)
    {
        using var engine = new CpuEngine(workload.Network(), workload.Loss, data);
        using var loop = new EngineLoop("start", engine, workload);
        loop.Steps(1);
        return new FittedNetwork(engine.Network, engine.Weights, new LinearOutput());
    }

    /// <summary>The same shape with biases so large that its rectifiers let everything pass: what the scorer does where it has nothing to leave out.</summary>
    private static FittedNetwork WithoutZeros(FittedNetwork fitted)
    {
        float[] weights = fitted.Weights().ToArray();
        foreach (ParameterSlot slot in fitted.Network.Layout.Where(slot => slot.Spec.Name.EndsWith(".bias", StringComparison.Ordinal)))
            slot.In(weights.AsSpan()).Fill(1000);
        return new FittedNetwork(fitted.Network, weights, new LinearOutput());
    }

    /// <summary>The part of the first rectifier's outputs that is zero, over some rows.</summary>
    private static double PartOfZeros(FittedNetwork fitted, TrainingData data)
    {
        const int Some = 1000;
        var first = new Network(fitted.Network.Layers.Take(2));
        var scorer = new NetworkScorer(new FittedNetwork(first, fitted.Weights()[..first.Layout.Length].ToArray(), new LinearOutput([.. Enumerable.Repeat(1f, first.Outputs)], new float[first.Outputs])));
        var outputs = new float[Some * first.Outputs];
        scorer.Score(data.Features.Span[..(Some * data.Columns)], Some, outputs);
        return outputs.Count(value => value == 0) / (double)outputs.Length;
    }

    private static Section Batches(Workload workload, TrainingData data, FittedNetwork network, FittedNetwork withoutZeros, int rounds)
    {
        string path = Path.Combine(Path.GetTempPath(), $"compare-{Environment.ProcessId}.onnx");
        network.SaveOnnx(path);
        var scores = new float[Rows];
        using var pool = new WorkerPool(2);
        Action<int, int> share = Share(network), shareWithoutZeros = Share(withoutZeros);
        List<Contestant> contestants =
        [
            new Repeat(One, () => share(0, 1)),
            new Repeat(Two, () => pool.Run(Parts, share)),
            new OnnxScorer("ONNX Runtime, 1 thread, chunks of 1024", path, data, 1024, threads: 1),
            new OnnxScorer("ONNX Runtime, 2 threads, chunks of 16384", path, data, 16384, threads: 2),
            new ForwardFloor(workload with { Batch = 64 }),
            new Repeat(OneWithoutZeros, () => shareWithoutZeros(0, 1)),
            new Repeat(TwoWithoutZeros, () => pool.Run(Parts, shareWithoutZeros)),
        ];
        Race race = Race.Run(contestants, rounds, 60);
        contestants.ForEach(contestant => contestant.Dispose());
        File.Delete(path);
        return new Section(
            $"W5: scoring {Rows:N0} rows, 28-128-128-1", "us per 1000 rows",
            [.. race.Laps.Select(lap => (lap.Name, lap.Median / Rows * 1000, lap.Best / Rows * 1000))],
            [
                new Bar("floor of one core / 1 thread", race.Ratio(ForwardFloor.Label, One), 0.85, AtLeast: true),
                new Bar("ONNX Runtime / scorer, 1 thread", race.Ratio(contestants[2].Name, One), 1.25, AtLeast: true),
                new Bar("ONNX Runtime / scorer, 2 threads", race.Ratio(contestants[3].Name, Two), 1.6, AtLeast: true),
            ],
            $"{PartOfZeros(network, data):P0} of the numbers behind this network's first rectifier are zero, and the scorer leaves them out; ONNX Runtime multiplies them. Without zeros: ONNX Runtime / scorer, 1 thread, "
            + $"{race.Ratio(contestants[2].Name, OneWithoutZeros):F2}x; 2 threads, {race.Ratio(contestants[3].Name, TwoWithoutZeros):F2}x.");

        Action<int, int> Share(FittedNetwork fitted)
        {
            NetworkScorer[] scorers = [.. Enumerable.Range(0, Parts).Select(_ => new NetworkScorer(fitted))];
            return (part, parts) =>
            {
                int first = Rows * part / parts, count = Rows / parts;
                scorers[part].Score(data.Features.Span.Slice(first * data.Columns, count * data.Columns), count, scores.AsSpan(first, count));
            };
        }
    }

    private static Section SingleRows(TrainingData data, FittedNetwork network)
    {
        var context = new MLContext(seed: 1);
        var scorer = new NetworkScorer(network);
        var score = new float[1];
        IDataView view = TableRow.View(context, data with { Rows = 100 });
        ITransformer model = new RegressionPredictionTransformer<NetworkRegressionModelParameters>(
            context, new NetworkRegressionModelParameters(context, network), view.Schema, "Features");
        var engine = context.Model.CreatePredictionEngine<TableRow, ScoreRow>(model, inputSchemaDefinition: Schema(data.Columns));
        var input = new TableRow { Features = data.Features.Slice(0, data.Columns).ToArray() };
        var output = new ScoreRow();
        List<Contestant> contestants =
        [
            new Repeat("PredictionEngine", () => engine.Predict(input, ref output)),
            new Repeat("bare model", () => scorer.Score(input.Features, score)),
        ];
        Race race = Race.Run(contestants, 25, 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            engine.Predict(input, ref output);
            scorer.Score(input.Features, score);
        }
        double allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000.0;
        return new Section(
            "W5: one row", "us",
            [.. race.Laps.Select(lap => (lap.Name, lap.Median, lap.Best))],
            [
                new Bar("PredictionEngine", race["PredictionEngine"].Median, 1.5, AtLeast: false, "us"),
                new Bar("bare model", race["bare model"].Median, 0.7, AtLeast: false, "us"),
                new Bar("allocated per row", allocated, 0, AtLeast: false, "bytes"),
            ]);
    }

    private static SchemaDefinition Schema(int columns)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TableRow));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, columns);
        return schema;
    }

    /// <summary>ONNX Runtime with its inputs and outputs bound once.</summary>
    private sealed class OnnxScorer : Contestant
    {
        private readonly InferenceSession session;
        private readonly RunOptions options = new();
        private readonly List<(OrtValue Input, OrtValue Output)> chunks = [];
        private readonly string[] inputs, outputs;
        private readonly List<float[]> kept = [];

        public OnnxScorer(string name, string path, TrainingData data, int chunk, int threads) : base(name)
        {
            using var settings = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
            session = new InferenceSession(path, settings);
            inputs = [session.InputMetadata.Keys.First()];
            outputs = [session.OutputMetadata.Keys.First()];
            for (int first = 0; first < data.Rows; first += chunk)
            {
                float[] features = data.Features.Slice(first * data.Columns, chunk * data.Columns).ToArray(), scores = new float[chunk];
                kept.Add(features);
                kept.Add(scores);
                chunks.Add((OrtValue.CreateTensorValueFromMemory(features, [chunk, data.Columns]), OrtValue.CreateTensorValueFromMemory(scores, [chunk, 1])));
            }
        }

        public override void Steps(int count)
        {
            for (; count > 0; count--)
                foreach ((OrtValue input, OrtValue output) in chunks)
                    session.Run(options, inputs, [input], outputs, [output]);
        }

        public override void Dispose()
        {
            foreach ((OrtValue input, OrtValue output) in chunks)
            {
                input.Dispose();
                output.Dispose();
            }
            options.Dispose();
            session.Dispose();
        }
    }

    /// <summary>The forward products alone, in blocks of 64 rows, on one core.</summary>
    private sealed class ForwardFloor : Contestant
    {
        public const string Label = "floor: forward products, 1 core";

        private readonly Contestant products;

        public ForwardFloor(Workload workload) : base(Label) => products = GemmFloor.Forward(workload);

        public override void Steps(int count) => products.Steps(count * (Rows / 64));
    }
}
