using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.NeuralNetworks.Tests.Kernels;

[TestClass]
public sealed unsafe class ActivationsTests
{
    private static readonly float[] Grid = [.. Enumerable.Range(-4000, 8001).Select(i => i * 0.003f), 1e-6f, -1e-6f, 1e-20f, 0.6249f, 0.6251f, 30f, -30f, 88f, -88f];

    [TestMethod]
    public void Apply_EveryFunctionAndLane_IsExactToAFewUnits()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            Check<Lane512>(function);
            Check<Lane256>(function);
            Check<Lane128>(function);
        }
    }

    [TestMethod]
    public void Backward_EveryFunctionAndLane_IsTheDerivative()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            CheckBackward<Lane512>(function);
            CheckBackward<Lane256>(function);
            CheckBackward<Lane128>(function);
        }
    }

    [TestMethod]
    public void Apply_ExtremeNumbers_SaturatesAndKeepsNaN()
    {
        float[] x = [float.NaN, 1000, -1000, float.PositiveInfinity];
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            float[] y = new float[x.Length];
            Activations.Apply(function, x, y);
            y[0].Should().Be(float.NaN, function.ToString());
            y[1].Should().BeApproximately((float)Exact(function, 1000), 1e-3f);
            y[2].Should().BeApproximately((float)Exact(function, -1000), 1e-3f);
            y[3].Should().Be(function is ActivationFunction.Tanh or ActivationFunction.Sigmoid ? 1 : float.PositiveInfinity, function.ToString());
        }
    }

    [TestMethod]
    public void Exp_WholeRange_IsWithinTwoUnitsInTheLastPlace()
    {
        double worst = 0;
        for (float x = -87; x < 88.7f; x += 0.0037f)
        {
            double exact = Math.Exp(x);
            worst = Math.Max(worst, Math.Abs(One(x) - exact) / Unit(exact));
        }
        worst.Should().BeLessThan(2);
        One(100).Should().Be(float.PositiveInfinity);
        One(float.PositiveInfinity).Should().Be(float.PositiveInfinity);
        One(-110).Should().Be(0);
        One(-100).Should().BeApproximately((float)Math.Exp(-100), 1.5e-45f);
        One(float.NaN).Should().Be(float.NaN);

        static float One(float x)
        {
            float* buffer = stackalloc float[Lane128.Count];
            Lane128.Store(Functions.Exp(Lane128.All(x)), buffer);
            return buffer[0];
        }
    }

    [TestMethod]
    public void Apply_InPlaceAndShort_TouchesNothingElse()
    {
        foreach (int length in new[] { 0, 1, 3, 15, 16, 17, 33 })
        {
            float[] buffer = [.. Enumerable.Range(0, length + 4).Select(i => i - 2f)];
            float[] expected = [.. buffer.Select((x, i) => i < length ? Math.Max(0, x) : x)];
            Activations.Apply(ActivationFunction.Relu, buffer.AsSpan(0, length), buffer.AsSpan(0, length));
            buffer.Should().Equal(expected);
        }
    }

    private static void Check<T>(ActivationFunction function) where T : struct, ILane<T>
    {
        var y = new float[Grid.Length];
        Activations.Apply<T>(function, Grid, y);
        for (int i = 0; i < Grid.Length; i++)
        {
            double exact = Exact(function, Grid[i]);
            // Gelu's far tail and Mish's and Silu's tails are products whose factors carry the rounding of an exponent.
            double bound = function is ActivationFunction.Gelu ? 3e-7 * Math.Abs(exact) * (1 + Grid[i] * Grid[i] / 2) : 6e-7 * Math.Abs(exact);
            if (Math.Abs(y[i] - exact) > bound + 1e-37)
                throw new AssertFailedException($"{function} {typeof(T).Name} at {Grid[i]}: {y[i]} but {exact}.");
        }
    }

    private static void CheckBackward<T>(ActivationFunction function) where T : struct, ILane<T>
    {
        var y = new float[Grid.Length];
        Activations.Apply<T>(function, Grid, y);
        float[] gradient = [.. Enumerable.Repeat(2f, Grid.Length)];
        Activations.Backward<T>(function, Activations.KeepsInput(function) ? Grid : y, gradient);
        for (int i = 0; i < Grid.Length; i++)
        {
            if (Grid[i] == 0) continue;
            double h = 1e-5 * Math.Max(1, Math.Abs(Grid[i]));
            if (function is ActivationFunction.Relu or ActivationFunction.Selu && Math.Abs(Grid[i]) <= h) continue;
            double slope = (Exact(function, Grid[i] + h) - Exact(function, Grid[i] - h)) / (2 * h);
            if (Math.Abs(gradient[i] - 2 * slope) > 3e-6)
                throw new AssertFailedException($"{function} {typeof(T).Name} at {Grid[i]}: {gradient[i]} but {2 * slope}.");
        }
    }

    private static double Exact(ActivationFunction function, double x) => function switch
    {
        ActivationFunction.Relu => Math.Max(0, x),
        ActivationFunction.Gelu => x * NormalDistribution(x),
        ActivationFunction.Silu => x / (1 + Math.Exp(-x)),
        ActivationFunction.Selu => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * ExpMinusOne(x)),
        ActivationFunction.Mish => x > 30 ? x : x * Math.Tanh(LogOnePlus(Math.Exp(x))),
        ActivationFunction.Tanh => Math.Tanh(x),
        ActivationFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => throw new ArgumentOutOfRangeException(nameof(function)),
    };

    private static double ExpMinusOne(double x) => Math.Abs(x) > 1e-4 ? Math.Exp(x) - 1 : x + x * x / 2 + x * x * x / 6;

    private static double LogOnePlus(double x) => x > 1e-4 ? Math.Log(1 + x) : x - x * x / 2 + x * x * x / 3;

    /// <summary>Phi by Kummer's series near 0 and by the continued fraction of the tail beyond (Abramowitz and Stegun 26.2.11, 26.2.14).</summary>
    private static double NormalDistribution(double x)
    {
        double size = Math.Abs(x), density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (size < 3)
        {
            double term = x, sum = x;
            for (int n = 1; n < 200; n++) sum += term *= x * x / (2 * n + 1);
            return 0.5 + density * sum;
        }
        double fraction = size;
        for (int n = 300; n > 0; n--) fraction = size + n / fraction;
        double tail = density / fraction;
        return x > 0 ? 1 - tail : tail;
    }

    private static double Unit(double exact) => Math.Pow(2, Math.Floor(Math.Log2(exact)) - 23);
}
