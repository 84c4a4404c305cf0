using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>A small network with several layers, and gradients that depend on the weights and the step: a noisy quadratic.</summary>
internal sealed class Toy<TElement> where TElement : unmanaged, System.Numerics.IFloatingPointIeee754<TElement>
{
    internal static ParameterLayout Layout { get; } = new Network([new Dense("layers.0", 5, 7), new Dense("layers.1", 7, 3), new Dense("head", 3, 1)]).Layout;

    internal Memory<TElement> Weights { get; } = AlignedMemory.Allocate<TElement>(Layout.Length);

    internal Memory<TElement> Gradients { get; } = AlignedMemory.Allocate<TElement>(Layout.Length);

    internal Toy()
    {
        Random random = new(7);
        foreach (ParameterSlot slot in Layout)
            foreach (ref TElement weight in slot.In(Weights.Span)) weight = TElement.CreateTruncating((float)(random.NextDouble() - 0.5));
    }

    /// <summary>Gradients at the weights, with noise that only the step decides; returns the loss.</summary>
    internal double Evaluate(long step)
    {
        Random random = new(1000 + (int)step);
        double loss = 0;
        foreach (ParameterSlot slot in Layout)
        {
            Span<TElement> w = slot.In(Weights.Span), g = slot.In(Gradients.Span);
            for (int i = 0; i < w.Length; i++)
            {
                double target = Math.Sin(slot.Offset + i), scale = 0.2 + i % 3, weight = double.CreateTruncating(w[i]);
                loss += scale * (weight - target) * (weight - target) / 2;
                g[i] = TElement.CreateTruncating(scale * (weight - target) + 0.1 * (random.NextDouble() - 0.5));
            }
        }
        return loss;
    }

    /// <summary>Gradients that only the step decides, with a direction that lasts.</summary>
    internal void Noise(long step)
    {
        Random random = new(2000 + (int)step);
        foreach (ParameterSlot slot in Layout)
            foreach (ref TElement gradient in slot.In(Gradients.Span)) gradient = TElement.CreateTruncating((float)(random.NextDouble() - 0.3));
    }

    /// <summary>Runs steps [from, to).</summary>
    internal void Run(Updater<TElement> updater, long from, long to)
    {
        for (long step = from; step < to; step++)
        {
            Evaluate(step);
            long now = step;
            updater.Step(step, () => Evaluate(now));
        }
    }

    internal static TrainingPlan Plan(long steps) => TrainingPlan.OfSteps(steps);
}
