using System.Numerics;
using System.Runtime.Intrinsics;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>The updater of training: floats, in the widest vectors that this machine has. Every width gives the same bits.</summary>
internal sealed class ParameterUpdater(
    Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout,
    Memory<float> weights, Memory<float> gradients, GradientClipping? clipping = null)
    : Updater<float>(optimizer, groups, schedule, plan, layout, weights, gradients, clipping)
{
    private protected override IFlatStore<float> MakeStore(FlatBuffers<float> buffers, IReadOnlyList<ParameterSlot> parameters) =>
        Vector512.IsHardwareAccelerated ? new FlatStore<float, Lane512>(buffers, parameters)
        : Vector256.IsHardwareAccelerated ? new FlatStore<float, Lane256>(buffers, parameters)
        : new FlatStore<float, Lane128>(buffers, parameters);
}

/// <summary>The updater of one lane type, for tests: <c>Scalar&lt;double&gt;</c> is the truth that the others are measured by.</summary>
internal sealed class LaneUpdater<TElement, T>(
    Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, ParameterLayout layout,
    Memory<TElement> weights, Memory<TElement> gradients, GradientClipping? clipping = null)
    : Updater<TElement>(optimizer, groups, schedule, plan, layout, weights, gradients, clipping)
    where TElement : unmanaged, IFloatingPointIeee754<TElement>
    where T : struct, ILane<T>
{
    private protected override IFlatStore<TElement> MakeStore(FlatBuffers<TElement> buffers, IReadOnlyList<ParameterSlot> parameters) =>
        new FlatStore<TElement, T>(buffers, parameters);
}
