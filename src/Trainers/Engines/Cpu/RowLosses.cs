using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>A loss of one output and one label, known to the JIT.</summary>
internal interface IRowLoss
{
    static abstract float Evaluate(Loss loss, float output, float label, out float slope);
}

internal readonly struct SquaredRow : IRowLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Evaluate(Loss loss, float output, float label, out float slope)
    {
        float error = output - label;
        slope = 2 * error;
        return error * error;
    }
}

internal readonly struct LogisticRow : IRowLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Evaluate(Loss loss, float output, float label, out float slope)
    {
        float small = MathF.Exp(-MathF.Abs(output));
        slope = (output >= 0 ? 1 / (1 + small) : small / (1 + small)) - label;
        // In double, so that a small exponential keeps its digits beside 1.
        return Math.Max(output, 0) - output * label + (float)Math.Log(1.0 + small);
    }
}

/// <summary>Any other loss, by its own definition.</summary>
internal readonly struct AnyRow : IRowLoss
{
    public static float Evaluate(Loss loss, float output, float label, out float slope)
    {
        slope = 0;
        return (float)loss.Evaluate(new ReadOnlySpan<float>(in output), new ReadOnlySpan<float>(in label), new Span<float>(ref slope));
    }
}
