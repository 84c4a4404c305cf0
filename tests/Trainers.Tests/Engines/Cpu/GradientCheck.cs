using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Compares an engine's loss, gradient and predictions with the reference's.</summary>
internal static class GradientCheck
{
    /// <param name="make">Makes the engine; null: the managed one on two threads.</param>
    public static void Run(
        Network network, Loss loss, TrainingData data, int count = 19, Action<Network, float[]>? fit = null, double tolerance = 2e-6,
        Func<Network, Loss, TrainingData, ulong, Engine>? make = null)
    {
        const ulong Seed = 9;
        const long Step = 5;
        int[] rows = Cases.Rows(count, data.Rows);
        double scale = 1 / data.TotalWeight(rows);
        using Engine engine = Cases.WithWeights(make?.Invoke(network, loss, data, Seed) ?? new CpuEngine(network, loss, data, Seed, threads: 2));
        if (fit is not null)
        {
            float[] start = engine.Weights.ToArray();
            fit(network, start);
            start.CopyTo(engine.Weights);
        }
        double[] weights = [.. engine.Weights.ToArray().Select(w => (double)w)];
        var reference = new Reference(network, loss, data, Seed, Step, dropoutScale: 0.5f);

        double[][] expectedOutputs = reference.Forward([.. Enumerable.Range(0, data.Rows)], weights, training: false);
        var outputs = new float[data.Rows * network.Outputs];
        engine.Predict(data, 0, data.Rows, outputs);
        for (int i = 0; i < outputs.Length; i++) Near($"output {i}", outputs[i], expectedOutputs[i / network.Outputs][i % network.Outputs]);

        engine.Gradients.Span.Fill(float.NaN);
        foreach (ParameterSlot slot in network.Layout) engine.Gradients.Span[(slot.Offset + slot.Count)..slot.PaddedEnd].Clear();
        foreach (ParameterSlot slot in network.Layout.Where(slot => !slot.Spec.IsTrainable)) slot.In(engine.Gradients.Span).Clear();
        Near("loss", engine.ForwardBackward(rows, scale, accumulate: false, new StepSettings(Step, DropoutScale: 0.5)), reference.Loss(rows, scale, weights));
        double[] expected = reference.Gradient(rows, scale, weights);
        float[] gradient = engine.Gradients.ToArray();
        for (int i = 0; i < expected.Length; i++) Near($"gradient {i}", gradient[i], expected[i]);

        void Near(string what, double got, double wanted)
        {
            if (!(Math.Abs(got - wanted) <= tolerance * Math.Max(1, Math.Abs(wanted))))
                throw new AssertFailedException($"{string.Join(", ", network.Layers.Select(layer => layer.GetType().Name))}; {loss.GetType().Name}: {what} is {got} but must be {wanted}.");
        }
    }
}
