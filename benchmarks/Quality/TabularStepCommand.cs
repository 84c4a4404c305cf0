using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Tabular;
using MlNetLr.Benchmarks.Compare;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>
/// One step of TorchTabular on one core (256 rows, 9 numeric columns, 3 x 256 units), gradient and update, beside the matrix products it cannot do
/// without, and the same step in PyTorch where there is one. In processor time, so that other programs' share of the machine does not count.
/// </summary>
internal sealed class TabularStepCommand : Command
{
    private const int Rows = 256, Columns = 9, WarmUp = 200, Rounds = 40, StepsPerRound = 5;
    private const double Prototype = 7.5;

    public override string Name => "tabular-step";

    public override string Summary => "processor time of one step of TorchTabular, beside its matrix products alone, PyTorch's and the Python prototype's 7.5 ms";

    public override int Run(IReadOnlyList<string> arguments)
    {
        TrainingData data = Data(4096);
        TorchTabularOptions options = Recipe.Resolve(new TorchTabularOptions(), LearningTask.Regression, 16_512);
        var encoding = new TabularEncoding(data, new HashSet<int>(), options, () => { });
        Network network = TabularNetwork.Build(encoding, options, outputs: 1);
        using var engine = new CpuEngine(network, new SquaredError(), data, seed: 1, threads: 1);
        FirstWeights.Of(network, encoding, data, dataDriven: true, seed: 1).CopyTo(engine.Weights);
        var plan = new Microsoft.ML.LrSchedules.TrainingPlan(16_512, Rows, 30);
        var updater = new ParameterUpdater(options.Optimizer, Recipe.Groups(network.Layout, []), options.Schedule, plan, network.Layout, engine.Weights, engine.Gradients);
        var random = new Random(1);
        int[] rows = new int[Rows];
        long step = 0;
        void Step()
        {
            for (int i = 0; i < Rows; i++) rows[i] = random.Next(data.Rows);
            engine.ForwardBackward(rows, 1.0 / Rows, accumulate: false, new StepSettings(step));
            updater.Step(step++ % plan.TotalSteps);
        }

        var products = new Products(network);
        using PythonStep? python = PythonStep.TryStart();
        // Until the compiler has seen what is called often.
        for (int i = 0; i < WarmUp; i++)
        {
            Step();
            products.Run();
        }
        python?.Time(WarmUp / 10);
        List<double> steps = [], floors = [], peers = [];
        for (int round = 0; round < Rounds; round++)
        {
            steps.Add(Time(Step));
            floors.Add(Time(products.Run));
            if (python is not null) peers.Add(python.Time(StepsPerRound));
        }
        Console.WriteLine($"""
            | one core, {Rows} rows, {Columns} numeric columns, 3 x 256 units | ms of processor time (best round) | / step |
            |---|---|---|
            {Row("a step: forward, backward, update", steps, steps)}
            {Row("its matrix products alone", floors, steps)}
            """);
        if (peers.Count > 0) Console.WriteLine(Row("the same step in PyTorch, here", peers, steps));
        Console.WriteLine(Row("Python prototype, as recorded with the recipe on another machine", [Prototype], steps));
        return Prototype / steps.Min() >= 3 ? 0 : 1;
    }

    private static string Row(string name, List<double> times, List<double> steps)
    {
        double median = Statistics.Median(times), step = Statistics.Median(steps);
        return FormattableString.Invariant($"| {name} | {median:F2} ({times.Min():F2}) | {median / step:F2} ({times.Min() / steps.Min():F2}) |");
    }

    private static double Time(Action action)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < StepsPerRound; i++) action();
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / StepsPerRound;
    }

    private static TrainingData Data(int rows)
    {
        var random = new Random(2);
        Memory<float> features = AlignedMemory.Allocate<float>(rows * Columns), labels = AlignedMemory.Allocate<float>(rows);
        foreach (ref float x in features.Span) x = MathF.Exp(2 * random.NextSingle());
        foreach (ref float y in labels.Span) y = random.NextSingle() * 2 - 1;
        return new TrainingData(rows, Columns, features, labels, default);
    }

    /// <summary>The three products of every dense layer, right sides packed beforehand.</summary>
    private sealed unsafe class Products
    {
        private readonly List<(int Inputs, int Outputs, PackedMatrix Forward, PackedMatrix Backward, PackedMatrix Gradient)> layers = [];
        private readonly Memory<float> a = RandomMemory.Allocate(Rows * 512), b = RandomMemory.Allocate(512 * 512);

        public Products(Network network)
        {
            foreach (NtkDense layer in network.Layers.OfType<NtkDense>().Where(layer => layer.Outputs > 1))
                layers.Add((layer.Inputs, layer.Outputs, Packed(layer.Inputs, layer.Outputs), Packed(layer.Outputs, layer.Inputs), Packed(Rows, layer.Outputs)));
        }

        private PackedMatrix Packed(int rows, int columns)
        {
            var matrix = new PackedMatrix(rows, columns);
            matrix.Pack(b.Span[..(rows * columns)], rows, columns);
            return matrix;
        }

        public void Run()
        {
            fixed (float* x = a.Span, y = b.Span)
            {
                foreach (var (inputs, outputs, forward, backward, gradient) in layers)
                {
                    int stride = LayerPass.Stride(inputs);
                    Gemm.Multiply(x, stride, 1, forward.Panels, null, y, outputs, Rows, outputs, inputs);
                    Gemm.Multiply(x, outputs, 1, backward.Panels, null, y, stride, Rows, inputs, outputs);
                    Gemm.Multiply(x, 1, stride, gradient.Panels, null, y, outputs, inputs, outputs, Rows);
                }
            }
        }
    }
}
