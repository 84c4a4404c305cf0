using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>u = (x - center) scale, y = u / sqrt(1 + (u / 3)^2), so dy/dx = scale (1 + (u / 3)^2)^(-3/2).</summary>
internal sealed unsafe class RobustScalingPass(RobustScaling layer, ParameterLayout layout) : LayerPass
{
    private readonly int size = layer.Size, stride = Stride(layer.Size);
    private readonly int center = layout[$"{layer.Name}.center"].Offset, scale = layout[$"{layer.Name}.scale"].Offset;
    private readonly AlignedBuffer y = new();
    private float* input;

    public override bool KeepsOutput => false;

    public override void Reserve(int rows) => y.Reserve(rows * stride);

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        float* c = context.Weight(center), s = context.Weight(scale);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = x + (nint)r * stride, to = y.Pointer + (nint)r * stride;
            for (int j = 0; j < size; j++) to[j] = Scale(from[j], c[j], s[j]);
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        float* c = context.Weight(center), s = context.Weight(scale);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = input + (nint)r * stride, d = dy + (nint)r * stride;
            for (int j = 0; j < size; j++) d[j] *= Slope(from[j], c[j], s[j]);
        }
        return dy;
    }

    public static float Scale(float x, float center, float scale)
    {
        float u = (x - center) * scale, third = u * (1 / 3f);
        return u / MathF.Sqrt(1 + third * third);
    }

    public static float Slope(float x, float center, float scale)
    {
        float third = (x - center) * scale * (1 / 3f), root = MathF.Sqrt(1 + third * third);
        return scale / (root * root * root);
    }
}
