using Microsoft.ML.Trainers.Torch.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>Rows on a device; on the CPU the same memory.</summary>
internal sealed class DataTensors : IDisposable
{
    public DataTensors(TrainingData data, torch.Device device)
    {
        using DisposeScope construction = NewDisposeScope();
        Features = TorchEngine.Share(data.Features).view(data.Rows, data.Columns).to(device).DetachFromDisposeScope();
        Labels = TorchEngine.Share(data.Labels).view(data.Rows, data.LabelColumns).to(device).DetachFromDisposeScope();
        Weights = data.Weights.IsEmpty ? null : TorchEngine.Share(data.Weights).to(device).DetachFromDisposeScope();
    }

    public Tensor Features { get; }

    public Tensor Labels { get; }

    public Tensor? Weights { get; }

    public void Dispose()
    {
        Features.Dispose();
        Labels.Dispose();
        Weights?.Dispose();
    }
}
