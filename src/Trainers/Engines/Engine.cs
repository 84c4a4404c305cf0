using System.Numerics.Tensors;
using Microsoft.ML.LrSchedules;
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

    /// <summary>
    /// The weights that the next pass uses. Padding is zero and must stay zero. Where the engine computes on another device these are
    /// copies: <see cref="Fetch"/> brings them up to date, <see cref="Send"/> makes changes take effect.
    /// </summary>
    public abstract Memory<float> Weights { get; }

    /// <summary>The gradient that the last pass left; if <see cref="StepSettings.DeferSum"/> let it, after <see cref="Share"/>.</summary>
    public abstract Memory<float> Gradients { get; }

    /// <summary>
    /// The sum of w loss over the steps since it was set. Passes whose loss is deferred add to it, on the device; reading it then waits
    /// for the device. The loss of other passes is the caller's to add.
    /// </summary>
    public virtual double LossSum { get; set; }

    /// <summary>Whether returning the loss of a pass waits for a device, so that deferring it is worth something.</summary>
    public virtual bool DefersLoss => false;

    /// <summary>
    /// One pass forward and backward over <paramref name="rows"/> of <see cref="Data"/> in training mode.
    /// Gradients become (or, if <paramref name="accumulate"/>, grow by) <paramref name="scale"/> times the gradient of sum(w loss).
    /// </summary>
    /// <param name="rows">Row numbers; any order, repeats allowed.</param>
    /// <param name="scale">1 / (sum of weights in the step): so micro-batches of a step add up to its mean.</param>
    /// <param name="accumulate">Whether gradients are added to those already there.</param>
    /// <param name="settings">The step: its number, and what schedules have come to.</param>
    /// <returns><paramref name="scale"/> times sum(w loss); 0 where the loss is deferred to <see cref="LossSum"/>.</returns>
    public abstract double ForwardBackward(ReadOnlySpan<int> rows, double scale, bool accumulate, in StepSettings settings);

    /// <summary>
    /// The network's raw outputs for rows first .. first + count - 1 of <paramref name="data"/> in evaluation mode
    /// (no dropout, running statistics), computed with <see cref="Weights"/>.
    /// </summary>
    public abstract void Predict(TrainingData data, int first, int count, Span<float> outputs);

    /// <summary>
    /// Runs work(part, parts) once for every part, on as many threads as the engine has and <paramref name="length"/> numbers are worth:
    /// how the optimizer's update shares the engine's threads. A gradient whose sum was deferred is complete within the part's slice then, and everywhere afterwards.
    /// </summary>
    public virtual void Share(int length, Action<int, int> work) => work(0, 1);

    /// <summary>The updater of this engine's weights, where they are. The engine disposes of it.</summary>
    public virtual GroupUpdater MakeUpdater(
        Optimizer optimizer, IReadOnlyList<ParameterGroup> groups, LrSchedule? schedule, TrainingPlan plan, GradientClipping? clipping = null) =>
        new ParameterUpdater(optimizer, groups, schedule, plan, Network.Layout, Weights, Gradients, clipping);

    /// <summary>Brings <see cref="Weights"/> and <see cref="Gradients"/> up to date where they are copies.</summary>
    public virtual void Fetch()
    {
    }

    /// <summary>Lets changes of <see cref="Weights"/> take effect where they are a copy.</summary>
    public virtual void Send()
    {
    }

    /// <summary>The Euclidean norm of the gradient that the last pass left.</summary>
    public virtual double GradientNorm() => Math.Sqrt(TensorPrimitives.SumOfSquares<float>(Gradients.Span));

    /// <summary>Whether <see cref="UseOrder"/> is of use to this engine.</summary>
    public virtual bool KeepsOrder => false;

    /// <summary>Tells of the order of an epoch's rows; passes take slices of it. A device keeps it, and sees no more row numbers then.</summary>
    public virtual void UseOrder(ReadOnlyMemory<int> order)
    {
    }

    public abstract void Dispose();
}
