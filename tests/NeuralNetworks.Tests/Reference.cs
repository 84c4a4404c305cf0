using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace NeuralNetworks.Tests;

/// <summary>What each layer computes, in double precision and in the plainest way.</summary>
internal static class Reference
{
    public static double[] Forward(Network network, ReadOnlySpan<float> weights, ReadOnlySpan<float> row)
    {
        double[] values = new double[row.Length];
        for (int i = 0; i < row.Length; i++) values[i] = row[i];
        return Forward(network.Layers, network.Layout, weights, values);
    }

    public static double Activate(ActivationFunction function, double x) => function switch
    {
        ActivationFunction.Relu => Math.Max(0, x),
        ActivationFunction.Gelu => x * NormalDistribution(x),
        ActivationFunction.Silu => x / (1 + Math.Exp(-x)),
        ActivationFunction.Selu => x > 0 ? 1.0507009873554805 * x : 1.0507009873554805 * 1.6732632423543772 * double.ExpM1(x),
        ActivationFunction.Mish => x * Math.Tanh(double.LogP1(Math.Exp(x))),
        ActivationFunction.Tanh => Math.Tanh(x),
        ActivationFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => throw new ArgumentOutOfRangeException(nameof(function)),
    };

    private static double[] Forward(IEnumerable<Layer> layers, ParameterLayout layout, ReadOnlySpan<float> weights, double[] x)
    {
        foreach (Layer layer in layers)
        {
            ReadOnlySpan<float> At(string name, ReadOnlySpan<float> all) => layout[$"{layer.Name}.{name}"].In(all);
            switch (layer)
            {
                case Dense dense:
                    x = Affine(x, At("weight", weights), 1, At("bias", weights), dense.OutputSize);
                    break;
                case Activation activation:
                    x = [.. x.Select(value => Activate(activation.Function, value))];
                    break;
                default:
                    throw new NotSupportedException(layer.ToString());
            }
        }
        return x;
    }

    private static double[] Affine(double[] x, ReadOnlySpan<float> weight, double factor, ReadOnlySpan<float> bias, int outputs)
    {
        double[] y = new double[outputs];
        for (int j = 0; j < outputs; j++)
        {
            double sum = bias[j];
            for (int i = 0; i < x.Length; i++) sum += x[i] * factor * weight[i * outputs + j];
            y[j] = sum;
        }
        return y;
    }

    // Phi(x) by Simpson's rule on the density, from the left, so that the tail keeps its relative precision.
    private static double NormalDistribution(double x)
    {
        const double step = 1.0 / 64;
        if (x > 0) return 1 - NormalDistribution(-x);
        double sum = 0, from = x - 12;
        int count = (int)Math.Round((x - from) / step);
        double h = (x - from) / count;
        for (int i = 0; i < count; i++)
        {
            double a = from + i * h, m = a + h / 2, b = a + h;
            sum += h / 6 * (Density(a) + 4 * Density(m) + Density(b));
        }
        return sum;
    }

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
}
