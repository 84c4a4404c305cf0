using System.Numerics.Tensors;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Reading the features of a step once, front to back, on one core: the floor of a linear model.</summary>
internal static class BandwidthFloor
{
    public const string Name = "floor: reading the batch, 1 core";

    public static Contestant Of(Workload workload)
    {
        Memory<float> features = RandomMemory.Allocate(workload.Rows * workload.Columns);
        int length = workload.Batch * workload.Columns, position = 0;
        float sum = 0;
        return new Repeat(Name, () =>
        {
            sum += TensorPrimitives.Sum<float>(features.Span.Slice(position, length));
            position += length;
            if (position + length > features.Length) position = 0;
            GC.KeepAlive(sum);
        });
    }
}
