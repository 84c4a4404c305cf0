using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using static System.Math;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>
/// Options for which there is no golden trajectory, against the formulas of their papers written down plainly: one loop per layer, plain
/// arrays of double, nothing of the library.
/// </summary>
[TestClass]
public sealed class OptionOracleTests
{
    private const int Steps = 25;
    private const double Rate = 0.05;

    /// <summary>One layer of the reference: its weights, and any number of named arrays that start at a value.</summary>
    private sealed class Layer(double[] weights, int rows, int columns)
    {
        private readonly Dictionary<string, double[]> slots = [];

        public double[] W { get; } = weights;

        public double[] G { get; } = new double[weights.Length];

        public int Rows { get; } = rows;

        public int Columns { get; } = columns;

        public double[] this[string slot, double first = 0]
        {
            get
            {
                if (!slots.TryGetValue(slot, out double[]? values)) slots[slot] = values = [.. Enumerable.Repeat(first, W.Length)];
                return values;
            }
        }
    }

    [TestMethod]
    [DataRow("aggmo(0.05, beta2=none, beta3=none)", new[] { 0.0 })]
    [DataRow("aggmo(0.05, beta1=0.5, beta3=none)", new[] { 0.5, 0.9 })]
    [DataRow("aggmo(0.05, beta4=0.999)", new[] { 0, 0.9, 0.99, 0.999 })]
    [DataRow("aggmo(0.05, beta1=0.3, beta2=0.6, beta3=0.8, beta4=0.95, beta5=0.99, wd=0.01)", new[] { 0.3, 0.6, 0.8, 0.95, 0.99 })]
    public void AggMo_AnyNumberOfVelocities_AveragesThem(string text, double[] betas)
    {
        double decay = text.Contains("wd=") ? 0.01 : 0;
        Compare(text, (layer, _, _) =>
        {
            for (int i = 0; i < layer.W.Length; i++)
            {
                double g = layer.G[i] + decay * layer.W[i], sum = 0;
                for (int k = 0; k < betas.Length; k++) sum += layer[$"u{k}"][i] = betas[k] * layer[$"u{k}"][i] + g;
                layer.W[i] -= Rate * sum / betas.Length;
            }
        });
    }

    [TestMethod]
    [DataRow("adopt(0.05, updateClipping=true, beta2=0.9)", true, false)]
    [DataRow("adopt(0.05, updateClipping=true, cautious=true, beta2=0.9, wd=0.1)", true, true)]
    [DataRow("adopt(0.05, cautious=true, beta2=0.9)", false, true)]
    public void Adopt_UpdateClippingAndCaution_AreTheirPapers(string text, bool clipped, bool cautious)
    {
        double decay = text.Contains("wd=") ? 0.1 : 0;
        Compare(text, (layer, _, t) =>
        {
            double[] m = layer["m"], v = layer["v"], g = [.. layer.G.Zip(layer.W, (gradient, w) => gradient + decay * w)];
            if (t == 1)
            {
                for (int i = 0; i < g.Length; i++) v[i] = g[i] * g[i];
                return;
            }
            double divisor = clipped ? Max(1, Sqrt(Enumerable.Range(0, g.Length).Average(i => g[i] * g[i] / v[i]))) : 1;
            for (int i = 0; i < g.Length; i++)
            {
                double limit = Pow(t - 1, 0.25);
                m[i] = 0.9 * m[i] + 0.1 * Clamp(g[i] / Max(Sqrt(v[i]), 1e-6), -limit, limit);
                v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
            }
            double share = cautious ? Max(1e-3, Enumerable.Range(0, g.Length).Count(i => m[i] * g[i] > 0) / (double)g.Length) : 1;
            for (int i = 0; i < g.Length; i++)
                if (!cautious || m[i] * g[i] > 0) layer.W[i] -= Rate / divisor / share * m[i];
        });
    }

    [TestMethod]
    [DataRow("ademamix(0.05, beta2=0.9, beta3=0.95, alpha=2, updateClipping=true)", true, false)]
    [DataRow("ademamix(0.05, beta2=0.9, beta3=0.95, alpha=2, cautious=true)", false, true)]
    [DataRow("ademamix(0.05, beta2=0.9, beta3=0.95, alpha=2, updateClipping=true, cautious=true, wd=0.1)", true, true)]
    public void AdEmaMix_UpdateClippingAndCaution_AreTheirPapers(string text, bool clipped, bool cautious)
    {
        double decay = text.Contains("wd=") ? 0.1 : 0;
        Compare(text, (layer, _, t) =>
        {
            double[] m = layer["m"], v = layer["v"], slow = layer["slow"], g = [.. layer.G.Zip(layer.W, (gradient, w) => gradient + decay * w)];
            for (int i = 0; i < g.Length; i++)
            {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
                slow[i] = 0.95 * slow[i] + 0.05 * g[i];
            }
            double divisor = clipped ? Max(1, Sqrt(Enumerable.Range(0, g.Length).Average(i => g[i] * g[i] / v[i]))) : 1;
            // d / (number of agreeing places + 1): Liang et al. 2024, algorithm 1.
            double scale = cautious ? g.Length / (Enumerable.Range(0, g.Length).Count(i => m[i] * g[i] > 0) + 1.0) : 1;
            for (int i = 0; i < g.Length; i++)
            {
                double fast = !cautious ? m[i] : m[i] * g[i] > 0 ? scale * m[i] : 0;
                layer.W[i] -= Rate / divisor / (1 - Pow(0.9, t)) * (fast + 2 * slow[i]) / (Sqrt(v[i] / (1 - Pow(0.9, t))) + 1e-8);
            }
        });
    }

    [TestMethod]
    public void Yogi_UncorrectedFirstMoment_IsAdamD() => Compare("yogi(0.05, correctFirstMoment=false, beta2=0.99)", (layer, _, t) =>
    {
        double[] m = layer["m", 1e-6], v = layer["v", 1e-6];
        for (int i = 0; i < m.Length; i++)
        {
            double g = layer.G[i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] -= 0.01 * Sign(v[i] - g * g) * g * g;
            layer.W[i] -= Rate * m[i] / (Sqrt(v[i] / (1 - Pow(0.99, t))) + 1e-3);
        }
    });

    [TestMethod]
    public void AdaBound_UncorrectedFirstMoment_IsAdamD() => Compare("adabound(0.05, correctFirstMoment=false, beta2=0.99, gamma=0.1)", (layer, _, t) =>
    {
        double[] m = layer["m"], v = layer["v"];
        for (int i = 0; i < m.Length; i++)
        {
            double g = layer.G[i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.99 * v[i] + 0.01 * g * g;
            double rate = Rate * Sqrt(1 - Pow(0.99, t)) / (Sqrt(v[i] + 1e-15) + 1e-8);
            layer.W[i] -= Clamp(rate, 0.1 * (1 - 1 / (0.1 * t + 1)), 0.1 * (1 + 1 / (0.1 * t))) * m[i];
        }
    });

    [TestMethod]
    [DataRow("diffgrad(0.05, correctFirstMoment=false, beta2=0.99)", 0)]
    [DataRow("diffgrad(0.05, rectify=true, rectifyThreshold=8, beta2=0.99)", 8)]
    [DataRow("diffgrad(0.05, rectify=true, rectifyThreshold=5, beta2=0.99)", 5)]
    public void DiffGrad_ThresholdAndUncorrectedFirstMoment_AreTheirPapers(string text, int threshold) => Compare(text, (layer, _, t) =>
    {
        double[] m = layer["m"], v = layer["v"], last = layer["last"];
        double end = 2 / (1 - 0.99) - 1, power = Pow(0.99, t), length = end - 2 * t * power / (1 - power);
        double rate = threshold == 0 ? Rate : Rate / (1 - Pow(0.9, t));
        bool adaptive = length >= threshold;
        if (threshold > 0 && adaptive) rate *= Sqrt((1 - power) * (length - 4) * (length - 2) * end / ((end - 4) * (end - 2) * length));
        for (int i = 0; i < m.Length; i++)
        {
            double g = layer.G[i], friction = 1 / (1 + Exp(-Abs(last[i] - g)));
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.99 * v[i] + 0.01 * g * g;
            last[i] = g;
            layer.W[i] -= adaptive || threshold == 0 ? rate * friction * m[i] / (Sqrt(v[i] + 1e-15) + 1e-8) : rate * m[i];
        }
    });

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(11)]
    public void Prodigy_Slice_EstimatesFromEverySoManiethValue(int slice)
    {
        double d = 1e-3, most = 1e-3, numerator = 0;
        double beta3 = Sqrt(0.999);
        Dictionary<Layer, double[]> start = [];
        CompareAll($"prodigy(1, firstEstimate=1e-3, slice={slice})", (layers, _) =>
        {
            double towards = 0, travelled = 0;
            foreach (Layer layer in layers)
            {
                if (!start.ContainsKey(layer)) start[layer] = [.. layer.W];
                double[] s = layer["s"], m = layer["m"], v = layer["v"];
                for (int i = 0; i < layer.Rows; i++)
                    for (int o = 0; o < layer.Columns; o++)
                    {
                        // PyTorch's order: the inputs of the first output, of the second, ...
                        int k = i * layer.Columns + o, place = o * layer.Rows + i;
                        m[k] = 0.9 * m[k] + d * 0.1 * layer.G[k];
                        v[k] = 0.999 * v[k] + d * d * 0.001 * layer.G[k] * layer.G[k];
                        if (place % slice != 0) continue;
                        towards += layer.G[k] * (start[layer][k] - layer.W[k]);
                        s[k] = beta3 * s[k] + d / 1e-3 * d * layer.G[k];
                        travelled += Abs(s[k]);
                    }
            }
            double rate = d;
            numerator = beta3 * numerator + d / 1e-3 * rate * towards;
            double estimate = numerator / travelled;
            if (d == 1e-3) d = Max(d, estimate);
            d = most = Max(most, estimate);
            foreach (Layer layer in layers)
                for (int k = 0; k < layer.W.Length; k++) layer.W[k] -= rate * layer["m"][k] / (Sqrt(layer["v"][k]) + d * 1e-8);
        });
    }

    [TestMethod]
    [DynamicData(nameof(Decaying))]
    public void WeightDecay_OfEveryKind_HasAnEffect(string name, WeightDecayKind kind)
    {
        if (kind != WeightDecayKind.Coupled && name is ("lbfgs" or "dadaptsgd" or "dadaptadagrad"))
        {
            Action make = () => _ = Optimizer.Parse(name) with { DecayKind = kind };
            make.Should().Throw<ArgumentOutOfRangeException>().WithMessage($"DecayKind must be Coupled but was {kind}.*");
            return;
        }
        Optimizer without = Optimizer.Parse(name) with { DecayKind = kind, WeightDecay = 0 }, with = without with { WeightDecay = 0.3 };

        Run(with).Should().NotEqual(Run(without), "decay that is asked for must not be dropped silently");
    }

    public static IEnumerable<object[]> Decaying =>
        from name in OptimizerSchema.Names
        from kind in Enum.GetValues<WeightDecayKind>()
        select new object[] { name, kind };

    private static double[] Run(Optimizer optimizer)
    {
        Toy<double> toy = new();
        var updater = new LaneUpdater<double, Scalar<double>>(optimizer, [], null, Toy<double>.Plan(Steps), Toy<double>.Layout, toy.Weights, toy.Gradients);
        toy.Run(updater, 0, 10);
        return toy.Weights.ToArray();
    }

    private static void Compare(string text, Action<Layer, int, int> step) => CompareAll(text, (layers, t) =>
    {
        for (int k = 0; k < layers.Count; k++) step(layers[k], k, t);
    });

    /// <summary>Runs both on the same gradients and compares the weights after each step.</summary>
    private static void CompareAll(string text, Action<IReadOnlyList<Layer>, int> step)
    {
        Toy<double> toy = new();
        Optimizer optimizer = Optimizer.Parse(text);
        var updater = new LaneUpdater<double, Scalar<double>>(optimizer, [], null, Toy<double>.Plan(Steps), Toy<double>.Layout, toy.Weights, toy.Gradients);
        (ParameterSlot Slot, Layer Layer)[] pairs = [.. Toy<double>.Layout.Select(slot => (slot, new Layer(
            [.. slot.In(toy.Weights.Span)], slot.Spec.Shape.Length > 1 ? slot.Spec.Shape[0] : slot.Count, slot.Spec.Shape.Length > 1 ? slot.Spec.Shape[1] : 1)))];
        for (int t = 1; t <= Steps; t++)
        {
            toy.Noise(t);
            foreach ((ParameterSlot slot, Layer layer) in pairs) slot.In(toy.Gradients.Span).CopyTo(layer.G);
            step([.. pairs.Select(pair => pair.Layer)], t);
            updater.Step(t - 1);
            foreach ((ParameterSlot slot, Layer layer) in pairs)
                for (int i = 0; i < layer.W.Length; i++)
                    slot.In(toy.Weights.Span)[i].Should().BeApproximately(layer.W[i], 1e-11 * Max(1, Abs(layer.W[i])), "{0} after step {1}", slot.Spec.Name, t);
        }
    }
}
