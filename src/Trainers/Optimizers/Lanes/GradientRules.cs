using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>What <see cref="GradientClipping"/> does to one group.</summary>
internal static class GradientRules
{
    private const double SmallestWeight = 1e-3;

    /// <summary>Everything that needs no norm of a group.</summary>
    public static void Treat<T>(Parameters<T> p, GradientClipping how) where T : struct, ILane<T>
    {
        if (how.Centralize || how.Adaptive is not null)
            foreach (Parameters<T> layer in p.EachLayer)
            {
                bool matrix = layer.Layer!.Spec.Shape.Length > 1;
                if (how.Centralize && matrix) Rewrite(layer, static (g, _, _) => Centralize(g), 0);
                if (how.Value is { } limit) layer.Apply(new Clamp<T>(layer.Gradients, limit));
                if (how.Adaptive is { } factor) Rewrite(layer, matrix ? ClipOutputs : ClipWhole, factor);
            }
        else if (how.Value is { } most) p.Apply(new Clamp<T>(p.Gradients, most));
    }

    /// <summary>Multiplies all gradients.</summary>
    public static void Scale<T>(Parameters<T> p, double factor) where T : struct, ILane<T> => p.Apply(new Multiply<T>(p.Gradients, factor));

    private static void Rewrite<T>(Parameters<T> layer, Action<Matrix, Matrix, double> change, double factor) where T : struct, ILane<T>
    {
        Matrix g = layer.Read(layer.Gradients, "treated"), w = layer.Read(layer.Weights, "treated_weights");
        change(g, w, factor);
        layer.Write(g, layer.Gradients);
    }

    private static void Centralize(Matrix g)
    {
        for (int j = 0; j < g.Columns; j++)
        {
            double sum = 0;
            for (int i = j; i < g.Values.Length; i += g.Columns) sum += g.Values[i];
            for (int i = j; i < g.Values.Length; i += g.Columns) g.Values[i] -= sum / g.Rows;
        }
    }

    private static void ClipOutputs(Matrix g, Matrix w, double factor)
    {
        for (int j = 0; j < g.Columns; j++) Clip(g, w, factor, j, g.Columns);
    }

    private static void ClipWhole(Matrix g, Matrix w, double factor) => Clip(g, w, factor, 0, 1);

    private static void Clip(Matrix g, Matrix w, double factor, int from, int stride)
    {
        double gradient = 0, weight = 0;
        for (int i = from; i < g.Values.Length; i += stride)
        {
            gradient += g.Values[i] * g.Values[i];
            weight += w.Values[i] * w.Values[i];
        }
        double limit = factor * Math.Max(Math.Sqrt(weight), SmallestWeight), norm = Math.Sqrt(gradient);
        if (norm <= limit) return;
        for (int i = from; i < g.Values.Length; i += stride) g.Values[i] *= limit / norm;
    }

    private readonly ref struct Clamp<T>(Span<T> gradients, double limit) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> gradients = gradients;
        private readonly T most = limit, least = -limit;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            gradients[i] = T.Max(T.Min(g, most), least);
            return w;
        }
    }

    private readonly ref struct Multiply<T>(Span<T> gradients, double factor) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> gradients = gradients;
        private readonly T factor = factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            gradients[i] = factor * g;
            return w;
        }
    }
}
