using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// Computes the loss of a network and its gradient on batches of rows. It owns the weights and gradients, two flat buffers of
/// the network's layout; what is done with a gradient (clipping, the optimizer's update) is not its business.
/// One engine serves one run on one thread; results depend on the inputs and the number of threads alone, never on timing.
/// </summary>
internal abstract class Engine : IDisposable
{
    protected Engine(Network network, Loss loss, TrainingData data)
    {
        Network = network;
        Loss = loss;
        Data = data;
    }

    public Network Network { get; }

    public Loss Loss { get; }

    public TrainingData Data { get; }

    /// <summary>The weights that the next pass uses. Padding is zero and must stay zero.</summary>
    public abstract Memory<float> Weights { get; }

    /// <summary>The gradient that the last pass left.</summary>
    public abstract Memory<float> Gradients { get; }

    /// <summary>
    /// One pass forward and backward over <paramref name="rows"/> of <see cref="Data"/> in training mode.
    /// Gradients become (or, if <paramref name="accumulate"/>, grow by) <paramref name="scale"/> times the gradient of sum(w loss).
    /// </summary>
    /// <param name="rows">Row numbers; any order, repeats allowed.</param>
    /// <param name="scale">1 / (sum of weights in the step): so micro-batches of a step add up to its mean.</param>
    /// <param name="accumulate">Whether gradients are added to those already there.</param>
    /// <param name="settings">The step: its number, and what schedules have come to.</param>
    /// <returns><paramref name="scale"/> times sum(w loss).</returns>
    public abstract double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings);

    /// <summary>
    /// The network's raw outputs for rows first .. first + count - 1 of <paramref name="data"/> in evaluation mode
    /// (no dropout, running statistics), computed with <see cref="Weights"/>.
    /// </summary>
    public abstract void Predict(TrainingData data, int first, int count, Span<float> outputs);

    /// <summary>
    /// Runs work(part, parts) once for every part, on as many threads as the engine has and <paramref name="length"/> numbers are worth:
    /// how the optimizer's update shares the engine's threads.
    /// </summary>
    public virtual void Share(int length, Action<int, int> work) => work(0, 1);

    public abstract void Dispose();
}
