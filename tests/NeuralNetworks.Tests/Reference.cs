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
        float[] weightsOf = weights.ToArray();
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
                case NtkDense dense:
                    x = Affine(x, At("weight", weights), 1 / Math.Sqrt(dense.InputSize), At("bias", weights), dense.OutputSize);
                    break;
                case EnsembleDense ensemble:
                    x = [.. Enumerable.Range(0, ensemble.Members).SelectMany(member => Member(ensemble, member, layout, weightsOf, x))];
                    break;
                case ParametricActivation activation:
                    ReadOnlySpan<float> blend = At("blend", weights);
                    for (int i = 0; i < x.Length; i++) x[i] += (Activate(activation.Function, x[i]) - x[i]) * blend[i];
                    break;
                case Dropout:
                    break;
                case BatchNorm norm:
                    for (int i = 0; i < x.Length; i++)
                        x[i] = (x[i] - At("running_mean", weights)[i]) / Math.Sqrt(At("running_var", weights)[i] + norm.Epsilon) * At("weight", weights)[i] + At("bias", weights)[i];
                    break;
                case LayerNorm norm:
                    double mean = x.Average(), variance = x.Sum(value => (value - mean) * (value - mean)) / x.Length;
                    for (int i = 0; i < x.Length; i++) x[i] = (x[i] - mean) / Math.Sqrt(variance + norm.Epsilon) * At("weight", weights)[i] + At("bias", weights)[i];
                    break;
                case Scaling:
                    for (int i = 0; i < x.Length; i++) x[i] *= At("weight", weights)[i];
                    break;
                case Standardization:
                    for (int i = 0; i < x.Length; i++) x[i] = (x[i] - At("mean", weights)[i]) * At("scale", weights)[i];
                    break;
                case RobustScaling:
                    for (int i = 0; i < x.Length; i++) x[i] = SmoothClip((x[i] - At("center", weights)[i]) * At("scale", weights)[i]);
                    break;
                case MissingValues:
                    for (int i = 0; i < x.Length; i++) x[i] = double.IsNaN(x[i]) ? At("replacement", weights)[i] : x[i];
                    break;
                case MissingIndicators indicators:
                    x = [.. x, .. indicators.Columns.Select(column => double.IsNaN(x[column]) ? 1.0 : 0)];
                    break;
                case Residual residual:
                    double[] inner = Forward(residual.Block, layout, weights, [.. x]);
                    for (int i = 0; i < x.Length; i++) x[i] += inner[i];
                    break;
                case CategoricalEmbedding embedding:
                    var parts = new List<double>();
                    for (int i = 0; i < x.Length; i++)
                        if (!embedding.Columns.Any(column => column.Index == i)) parts.Add(x[i]);
                    for (int i = 0; i < embedding.Columns.Length; i++)
                    {
                        CategoricalColumn column = embedding.Columns[i];
                        double code = Math.Floor(x[column.Index] + 0.5);
                        if (!(code >= 1 && code <= column.Categories)) code = 0;
                        for (int j = 0; j < column.Width; j++) parts.Add(At($"tables.{i}", weights)[(int)code * column.Width + j]);
                    }
                    x = [.. parts];
                    break;
                case PeriodicEmbedding embedding:
                    x = Periodic(embedding, x, At("frequencies", weights), At("weight", weights), At("bias", weights));
                    break;
                case NumericEmbedding embedding:
                    x = Numeric(embedding, layout, weights, x);
                    break;
                default:
                    throw new NotSupportedException(layer.ToString());
            }
        }
        return x;
    }

    private static double[] Member(EnsembleDense layer, int member, ParameterLayout layout, float[] weights, double[] x)
    {
        float[] Own(string name) => layout[$"{layer.Name}.{name}"].In(weights.AsSpan()).ToArray();
        int inputs = layer.InputSize, outputs = layer.OutputSize;
        float[] factors = Own("input_scale");
        double[] own = [.. x.Skip(layer.FansOut ? 0 : member * inputs).Take(inputs).Select((value, i) => value * factors[member * inputs + i])];
        double[] product = Affine(own, Own("weight"), 1 / Math.Sqrt(inputs), new float[outputs], outputs);
        return [.. product.Select((value, j) => value * Own("output_scale")[member * outputs + j] + Own("bias")[member * outputs + j])];
    }

    private static double SmoothClip(double u) => u / Math.Sqrt(1 + u * u / 9);

    private static double[] Periodic(PeriodicEmbedding layer, double[] x, ReadOnlySpan<float> frequencies, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        int k = layer.Frequencies, width = layer.Width;
        var result = new List<double>();
        for (int i = 0; i < x.Length; i++)
            for (int j = 0; j < width; j++)
            {
                double sum = bias[i * width + j];
                for (int h = 0; h < k; h++)
                {
                    double angle = 2 * Math.PI * frequencies[i * k + h] * x[i];
                    sum += Math.Sin(angle) * weight[(i * 2 * k + h) * width + j] + Math.Cos(angle) * weight[(i * 2 * k + k + h) * width + j];
                }
                result.Add(Math.Max(0, sum));
            }
        return [.. result];
    }

    private static double[] Numeric(NumericEmbedding layer, ParameterLayout layout, ReadOnlySpan<float> weights, double[] x)
    {
        int k = layer.Frequencies, bins = layer.Bins, width = layer.Width;
        ReadOnlySpan<float> center = layout[$"{layer.Name}.center"].In(weights), scale = layout[$"{layer.Name}.scale"].In(weights);
        ReadOnlySpan<float> weight = layout[$"{layer.Name}.weight"].In(weights), bias = layout[$"{layer.Name}.bias"].In(weights);
        double[] scaled = new double[x.Length];
        for (int i = 0; i < x.Length; i++) scaled[i] = SmoothClip((x[i] - center[i]) * scale[i]);
        var result = new List<double>();
        for (int i = 0; i < layer.Columns.Length; i++)
        {
            double[] code = new double[k + bins];
            for (int h = 0; h < k; h++)
                code[h] = Math.Cos(2 * Math.PI * scaled[layer.Columns[i]] * layout[$"{layer.Name}.frequencies"].In(weights)[i * k + h] + layout[$"{layer.Name}.phases"].In(weights)[i * k + h]);
            for (int j = 0; j < bins; j++)
            {
                double from = layout[$"{layer.Name}.edges"].In(weights)[i * (bins + 1) + j], to = layout[$"{layer.Name}.edges"].In(weights)[i * (bins + 1) + j + 1];
                code[k + j] = to > from ? Math.Clamp((x[layer.Columns[i]] - from) / (to - from), 0, 1) : 0;
            }
            for (int j = 0; j < width; j++)
            {
                double sum = bias[i * width + j];
                for (int h = 0; h < code.Length; h++) sum += code[h] * weight[(i * code.Length + h) * width + j];
                result.Add(sum);
            }
            result.Add(scaled[layer.Columns[i]]);
        }
        for (int i = 0; i < x.Length; i++)
            if (!layer.Columns.Contains(i)) result.Add(scaled[i]);
        return [.. result];
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
