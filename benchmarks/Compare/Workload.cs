using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>A training task of fixed size, the same for every contestant.</summary>
/// <param name="Name">W1 to W4.</param>
/// <param name="Sizes">Numbers per row from the features to the outputs; rectifiers between.</param>
/// <param name="Rows">Training rows.</param>
/// <param name="Batch">Rows per step.</param>
/// <param name="Rule">adam, adamw or sgd (momentum 0.9).</param>
/// <param name="Rate">The rate.</param>
internal sealed record Workload(string Name, int[] Sizes, int Rows, int Batch, string Rule, double Rate)
{
    public static readonly Workload[] All =
    [
        new("W1", [10, 1], 100, 10, "adam", 0.01),
        new("W2", [28, 128, 128, 1], 200_000, 256, "adamw", 1e-3),
        new("W3", [128, 512, 512, 10], 100_000, 1024, "adamw", 1e-3),
        new("W4", [28, 1], 1_000_000, 4096, "sgd", 0.01),
    ];

    public int Columns => Sizes[0];

    public int Outputs => Sizes[^1];

    public bool Classifies => Outputs > 1;

    public Loss Loss => Classifies ? new SoftmaxCrossEntropy() : new SquaredError();

    public Optimizer Optimizer => Rule switch
    {
        "adam" => Optimizers.Adam(Rate),
        "adamw" => Optimizers.AdamW(Rate),
        _ => Optimizers.Sgd(Rate, momentum: 0.9),
    };

    public Network Network()
    {
        var layers = new List<Layer>();
        for (int i = 0; i + 1 < Sizes.Length; i++)
        {
            layers.Add(new Dense($"layers.{i}", Sizes[i], Sizes[i + 1]));
            if (i + 2 < Sizes.Length) layers.Add(new Activation($"activations.{i}", Sizes[i + 1], ActivationFunction.Relu));
        }
        return new Network(layers);
    }

    /// <summary>Normal features and a label that a network of this shape can learn, with some noise.</summary>
    public TrainingData Data()
    {
        var random = new Random(1);
        Memory<float> features = AlignedMemory.Allocate<float>(Rows * Columns), labels = AlignedMemory.Allocate<float>(Rows);
        Span<float> x = features.Span, y = labels.Span;
        for (int i = 0; i < x.Length; i++) x[i] = Normal();
        var teacher = new float[Columns * Outputs];
        for (int i = 0; i < teacher.Length; i++) teacher[i] = Normal() / MathF.Sqrt(Columns);
        Span<float> scores = stackalloc float[Outputs];
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> of = x.Slice(row * Columns, Columns);
            for (int j = 0; j < Outputs; j++)
            {
                float score = 0.1f * Normal();
                for (int k = 0; k < Columns; k++) score += of[k] * teacher[k * Outputs + j];
                scores[j] = score;
            }
            int best = 0;
            for (int j = 1; j < Outputs; j++) if (scores[j] > scores[best]) best = j;
            y[row] = Classifies ? best : Sizes.Length > 2 ? MathF.Sin(scores[0]) + 0.5f * of[0] * of[1] : scores[0];
        }
        return new TrainingData(Rows, Columns, features, labels, default);

        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
    }
}
