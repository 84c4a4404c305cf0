using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Networks, data and weights for the engine's tests.</summary>
internal static class Cases
{
    public static Network Mlp(ActivationFunction function, params int[] sizes)
    {
        var layers = new List<Layer>();
        for (int i = 0; i + 1 < sizes.Length; i++)
        {
            layers.Add(new Dense($"layers.{2 * i}", sizes[i], sizes[i + 1]));
            if (i + 2 < sizes.Length) layers.Add(new Activation($"layers.{2 * i + 1}", sizes[i + 1], function));
        }
        return new Network(layers);
    }

    public static TrainingData Data(int rows, int columns, int classes = 0, bool weighted = false, int labelColumns = 1, int seed = 7)
    {
        var random = new Random(seed);
        Memory<float> features = AlignedMemory.Allocate<float>(rows * columns), labels = AlignedMemory.Allocate<float>(rows * labelColumns);
        foreach (ref float x in features.Span) x = random.NextSingle() * 2 - 1;
        foreach (ref float y in labels.Span) y = classes > 0 ? random.Next(classes) : random.NextSingle() * 2 - 1;
        Memory<float> weights = default;
        if (weighted)
        {
            weights = AlignedMemory.Allocate<float>(rows);
            foreach (ref float w in weights.Span) w = random.NextSingle() + 0.1f;
        }
        return new TrainingData(rows, columns, features, labels, weights) { LabelColumns = labelColumns };
    }

    public static T WithWeights<T>(T engine, int seed = 3) where T : Engine
    {
        var random = new Random(seed);
        foreach (ParameterSlot slot in engine.Network.Layout)
        {
            float size = 1.5f / MathF.Sqrt(slot.Spec.Shape[0]);
            foreach (ref float w in slot.In(engine.Weights.Span)) w = (random.NextSingle() * 2 - 1) * size;
        }
        return engine;
    }

    public static int[] Rows(int count, int of, int seed = 11)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(of))];
    }
}
