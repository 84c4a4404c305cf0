using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>A network's loss in doubles, written down naively, and its gradient by central differences.</summary>
internal static class Reference
{
    public static double Loss(Network network, Loss loss, TrainingData data, IReadOnlyList<int> rows, double scale, double[] weights)
    {
        double sum = 0;
        foreach (int row in rows)
        {
            double[] x = [.. data.Features.Slice(row * data.Columns, data.Columns).ToArray().Select(f => (double)f)];
            foreach (Layer layer in network.Layers) x = Forward(network.Layout, layer, x, weights);
            double[] label = [.. data.Labels.Slice(row * data.LabelColumns, data.LabelColumns).ToArray().Select(f => (double)f)];
            sum += (data.Weights.IsEmpty ? 1 : data.Weights.Span[row]) * OfRow(loss, x, label);
        }
        return sum * scale;
    }

    public static double[] Gradient(Network network, Loss loss, TrainingData data, IReadOnlyList<int> rows, double scale, double[] weights)
    {
        var gradient = new double[weights.Length];
        foreach (ParameterSlot slot in network.Layout)
            for (int i = slot.Offset; i < slot.Offset + slot.Count; i++)
            {
                const double H = 1e-6;
                double kept = weights[i];
                weights[i] = kept + H;
                double up = Loss(network, loss, data, rows, scale, weights);
                weights[i] = kept - H;
                double down = Loss(network, loss, data, rows, scale, weights);
                weights[i] = kept;
                gradient[i] = (up - down) / (2 * H);
            }
        return gradient;
    }

    private static double[] Forward(ParameterLayout layout, Layer layer, double[] x, double[] weights)
    {
        switch (layer)
        {
            case Dense dense:
                int w = layout[$"{dense.Name}.weight"].Offset, b = layout[$"{dense.Name}.bias"].Offset;
                return [.. Enumerable.Range(0, dense.Outputs).Select(j =>
                    weights[b + j] + Enumerable.Range(0, dense.Inputs).Sum(k => x[k] * weights[w + k * dense.Outputs + j]))];
            case Activation activation:
                return [.. x.Select(value => Apply(activation.Function, value))];
            default:
                throw new ArgumentException($"The reference does not know {layer}.", nameof(layer));
        }
    }

    private static double Apply(ActivationFunction function, double x) => function switch
    {
        ActivationFunction.Relu => Math.Max(0, x),
        ActivationFunction.Gelu => x * NormalDistribution(x),
        ActivationFunction.Silu => x / (1 + Math.Exp(-x)),
        ActivationFunction.Selu => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.Exp(x) - 1)),
        ActivationFunction.Mish => x * Math.Tanh(Math.Log(1 + Math.Exp(x))),
        ActivationFunction.Tanh => Math.Tanh(x),
        ActivationFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => throw new ArgumentOutOfRangeException(nameof(function)),
    };

    /// <summary>Phi by its series (Abramowitz and Stegun 26.2.11).</summary>
    private static double NormalDistribution(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 200; n++) sum += term *= x * x / (2 * n + 1);
        return 0.5 + Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI) * sum;
    }

    private static double OfRow(Loss loss, double[] outputs, double[] label) => loss switch
    {
        SquaredError => outputs.Zip(label, (o, l) => (o - l) * (o - l)).Average(),
        LogisticLoss => Math.Log(1 + Math.Exp(outputs[0])) - label[0] * outputs[0],
        SoftmaxCrossEntropy => Math.Log(outputs.Sum(Math.Exp)) - outputs[(int)label[0]],
        _ => throw new ArgumentException($"The reference does not know {loss}.", nameof(loss)),
    };
}
