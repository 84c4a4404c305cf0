using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>A network's loss in doubles, written down naively, and its gradient by central differences.</summary>
internal sealed class Reference(Network network, Loss loss, TrainingData data, ulong seed = 0, long step = 0, float dropoutScale = 1)
{
    private int layerNumber;

    public double Loss(IReadOnlyList<int> rows, double scale, double[] weights, bool training = true)
    {
        double[][] y = Forward(rows, weights, training);
        double sum = 0;
        for (int r = 0; r < rows.Count; r++)
        {
            double[] label = [.. data.Labels.Slice(rows[r] * data.LabelColumns, data.LabelColumns).ToArray().Select(f => (double)f)];
            double[][] members = [.. y[r].Chunk(y[r].Length / network.Members)];
            sum += (data.Weights.IsEmpty ? 1 : data.Weights.Span[rows[r]]) * members.Average(member => OfRow(member, label));
        }
        return sum * scale;
    }

    public double[][] Forward(IReadOnlyList<int> rows, double[] weights, bool training)
    {
        layerNumber = 0;
        double[][] x = [.. rows.Select(row => data.Features.Slice(row * data.Columns, data.Columns).ToArray().Select(f => (double)f).ToArray())];
        foreach (Layer layer in network.Layers) x = Forward(layer, x, weights, training);
        return x;
    }

    public double[] Gradient(IReadOnlyList<int> rows, double scale, double[] weights)
    {
        var gradient = new double[weights.Length];
        foreach (ParameterSlot slot in network.Layout.Where(slot => slot.Spec.IsTrainable))
            for (int i = slot.Offset; i < slot.Offset + slot.Count; i++)
            {
                const double H = 1e-6;
                double kept = weights[i];
                weights[i] = kept + H;
                double up = Loss(rows, scale, weights);
                weights[i] = kept - H;
                double down = Loss(rows, scale, weights);
                weights[i] = kept;
                gradient[i] = (up - down) / (2 * H);
            }
        return gradient;
    }

    private double[][] Forward(Layer layer, double[][] x, double[] weights, bool training)
    {
        int number = layerNumber++;
        switch (layer)
        {
            case Dense or NtkDense:
                double factor = layer is NtkDense ? 1 / Math.Sqrt(layer.Inputs) : 1;
                double[] w = Of("weight"), b = Of("bias");
                return Each(row => [.. Enumerable.Range(0, layer.Outputs).Select(j => b[j] + factor * row.Select((value, k) => value * w[k * layer.Outputs + j]).Sum())]);
            case EnsembleDense ensemble:
                double[] shared = Of("weight"), into = Of("input_scale"), outOf = Of("output_scale"), shifts = Of("bias");
                int n = ensemble.InputSize, m = ensemble.OutputSize;
                return Each(row =>
                [
                    .. Enumerable.Range(0, ensemble.Members).SelectMany(i => Enumerable.Range(0, m).Select(j => shifts[i * m + j] + outOf[i * m + j] / Math.Sqrt(n)
                        * Enumerable.Range(0, n).Sum(k => row[(ensemble.FansOut ? 0 : i * n) + k] * into[i * n + k] * shared[k * m + j]))),
                ]);
            case Activation activation:
                return Each(row => [.. row.Select(value => Apply(activation.Function, value))]);
            case ParametricActivation activation:
                double[] blend = Of("blend");
                return Each(row => [.. row.Select((value, j) => value + (Apply(activation.Function, value) - value) * blend[j])]);
            case Dropout dropout:
                if (!training) return x;
                var mask = new float[x.Length * dropout.Size];
                DropoutMask.Fill(mask, dropout.Size, dropout.Size, 0, x.Length, dropout.Rate * dropoutScale, seed, step, number);
                return [.. x.Select((row, r) => row.Select((value, j) => value * mask[r * dropout.Size + j]).ToArray())];
            case LayerNorm norm:
                double[] gain = Of("weight"), shift = Of("bias");
                return Each(row =>
                {
                    double mean = row.Average(), deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
                    return [.. row.Select((value, j) => (value - mean) / deviation * gain[j] + shift[j])];
                });
            case BatchNorm norm:
                double[] bGain = Of("weight"), bShift = Of("bias"), means = Of("running_mean"), variances = Of("running_var");
                if (training)
                    for (int j = 0; j < norm.Size; j++)
                    {
                        double mean = x.Average(row => row[j]);
                        (means[j], variances[j]) = (mean, x.Average(row => (row[j] - mean) * (row[j] - mean)));
                    }
                return Each(row => [.. row.Select((value, j) => (value - means[j]) / Math.Sqrt(variances[j] + norm.Epsilon) * bGain[j] + bShift[j])]);
            case Scaling:
                double[] scales = Of("weight");
                return Each(row => [.. row.Select((value, j) => value * scales[j])]);
            case Standardization:
                double[] average = Of("mean"), inverse = Of("scale");
                return Each(row => [.. row.Select((value, j) => (value - average[j]) * inverse[j])]);
            case RobustScaling:
                double[] center = Of("center"), width = Of("scale");
                return Each(row => [.. row.Select((value, j) => Robust(value, center[j], width[j]))]);
            case MissingValues:
                double[] replacement = Of("replacement");
                return Each(row => [.. row.Select((value, j) => double.IsNaN(value) ? replacement[j] : value)]);
            case MissingIndicators indicators:
                return Each(row => [.. row, .. indicators.Columns.Select(column => double.IsNaN(row[column]) ? 1.0 : 0)]);
            case Residual residual:
                double[][] inner = x;
                foreach (Layer part in residual.Block) inner = Forward(part, inner, weights, training);
                return [.. x.Zip(inner, (a, c) => a.Zip(c, (p, q) => p + q).ToArray())];
            case CategoricalEmbedding embedding:
                double[][] tables = [.. embedding.Columns.Select((_, i) => Of($"tables.{i}"))];
                return Each(row =>
                [
                    .. embedding.Others.Select(j => row[j]),
                    .. embedding.Columns.SelectMany((column, i) =>
                    {
                        double value = row[column.Index];
                        int code = value >= 0.5 && value < column.Categories + 0.5 ? (int)Math.Round(value) : 0;
                        return tables[i].Skip(code * column.Width).Take(column.Width);
                    }),
                ]);
            case PeriodicEmbedding embedding:
                double[] frequencies = Of("frequencies"), matrix = Of("weight"), biases = Of("bias");
                int f = embedding.Frequencies, v = embedding.Width;
                return Each(row =>
                [
                    .. row.SelectMany((value, i) => Enumerable.Range(0, v).Select(j => Math.Max(0, biases[i * v + j] + Enumerable.Range(0, f).Sum(h =>
                        Math.Sin(Math.Tau * frequencies[i * f + h] * value) * matrix[(i * 2 * f + h) * v + j]
                        + Math.Cos(Math.Tau * frequencies[i * f + h] * value) * matrix[(i * 2 * f + f + h) * v + j])))),
                ]);
            case NumericEmbedding embedding:
                return Each(row => Embed(embedding, row, Of));
            default:
                throw new ArgumentException($"The reference does not know {layer}.", nameof(layer));
        }

        double[] Of(string name)
        {
            ParameterSlot slot = network.Layout[$"{layer.Name}.{name}"];
            return weights[slot.Offset..(slot.Offset + slot.Count)];
        }

        double[][] Each(Func<double[], double[]> map) => [.. x.Select(map)];
    }

    private static double[] Embed(NumericEmbedding embedding, double[] row, Func<string, double[]> of)
    {
        int f = embedding.Frequencies, bins = embedding.Bins, v = embedding.Width;
        double[] center = of("center"), scale = of("scale"), weight = of("weight"), bias = of("bias");
        double[] frequencies = f > 0 ? of("frequencies") : [], phases = f > 0 ? of("phases") : [], edges = bins > 0 ? of("edges") : [];
        var result = new List<double>();
        for (int i = 0; i < embedding.Columns.Length; i++)
        {
            int column = embedding.Columns[i];
            double x = row[column], scaled = Robust(x, center[column], scale[column]);
            var code = new List<double>();
            for (int h = 0; h < f; h++) code.Add(Math.Cos(Math.Tau * scaled * frequencies[i * f + h] + phases[i * f + h]));
            for (int j = 0; j < bins; j++)
            {
                double from = edges[i * (bins + 1) + j], to = edges[i * (bins + 1) + j + 1];
                code.Add(to > from ? Math.Clamp((x - from) / (to - from), 0, 1) : 0);
            }
            for (int j = 0; j < v; j++) result.Add(bias[i * v + j] + code.Select((c, k) => c * weight[(i * (f + bins) + k) * v + j]).Sum());
            result.Add(scaled);
        }
        result.AddRange(embedding.Others.Select(j => Robust(row[j], center[j], scale[j])));
        return [.. result];
    }

    private static double Robust(double x, double center, double scale)
    {
        double u = (x - center) * scale;
        return u / Math.Sqrt(1 + u * u / 9);
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

    private double OfRow(double[] outputs, double[] label) => loss switch
    {
        SquaredError => outputs.Zip(label, (o, l) => (o - l) * (o - l)).Average(),
        AbsoluteError => outputs.Zip(label, (o, l) => Math.Abs(o - l)).Average(),
        HuberLoss huber => outputs.Zip(label, (o, l) => Math.Abs(o - l) <= huber.Delta ? (o - l) * (o - l) / 2 : huber.Delta * (Math.Abs(o - l) - huber.Delta / 2)).Average(),
        LogCoshLoss => outputs.Zip(label, (o, l) => Math.Log(Math.Cosh(o - l))).Average(),
        QuantileLoss quantile => outputs.Zip(quantile.Quantiles, (o, q) => Math.Max(q * (label[0] - o), (q - 1) * (label[0] - o))).Average(),
        PoissonLoss => outputs.Zip(label, (o, l) => Math.Exp(o) - l * o).Average(),
        GammaLoss => outputs.Zip(label, (o, l) => l * Math.Exp(-o) + o).Average(),
        TweedieLoss tweedie => outputs.Zip(label, (o, l) => Math.Exp((2 - tweedie.Power) * o) / (2 - tweedie.Power) - l * Math.Exp((1 - tweedie.Power) * o) / (1 - tweedie.Power)).Average(),
        LogisticLoss => Math.Log(1 + Math.Exp(outputs[0])) - label[0] * outputs[0],
        HingeLoss => Math.Max(0, 1 - (2 * label[0] - 1) * outputs[0]),
        FocalLoss focal => Focal(outputs.Length > 1 ? Math.Exp(outputs[(int)label[0]]) / outputs.Sum(Math.Exp) : 1 / (1 + Math.Exp((1 - 2 * label[0]) * outputs[0])), focal.Gamma),
        SoftmaxCrossEntropy softmax => Math.Log(outputs.Sum(Math.Exp)) - (1 - softmax.LabelSmoothing.Value) * outputs[(int)label[0]] - softmax.LabelSmoothing.Value * outputs.Average(),
        _ => throw new ArgumentException($"The reference does not know {loss}.", nameof(loss)),
    };

    private static double Focal(double probability, double gamma) => -Math.Pow(1 - probability, gamma) * Math.Log(probability);
}
