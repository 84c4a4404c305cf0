using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>The state of the optimizer as tensors of a checkpoint, each under its own name after <c>optimizer.</c></summary>
internal static class OptimizerState
{
    private const string Prefix = "optimizer.";

    public static void Write(Checkpoint.Builder checkpoint, GroupUpdater updater)
    {
        foreach (StateArray array in updater.State())
        {
            long[] shape = [.. array.Shape.Select(dimension => (long)dimension)];
            checkpoint.Add(array.Floats is { } floats ? Tensor.Of<float>(Prefix + array.Name, floats, shape) : Tensor.Of<double>(Prefix + array.Name, array.Doubles!.Value, shape));
        }
    }

    public static IReadOnlyList<StateArray> Read(Checkpoint checkpoint) =>
    [
        .. checkpoint.Tensors.Where(tensor => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)).Select(tensor =>
        {
            string name = tensor.Name[Prefix.Length..];
            int[] shape = [.. tensor.Shape.Select(dimension => checked((int)dimension))];
            return tensor.Type == TensorType.F32
                ? StateArray.Of<float>(name, [.. shape], checkpoint.Tensor<float>(tensor.Name).ToArray())
                : StateArray.Of<double>(name, [.. shape], checkpoint.Tensor<double>(tensor.Name).ToArray());
        }),
    ];
}
