using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// An optimizer as a value: its name and its hyper-parameters. It holds no weights and no state, so one value may serve many
/// runs. Make one with <see cref="Optimizers"/> and change it with <c>with</c>:
/// <code>
/// Optimizer optimizer = Optimizers.AdamW(learningRate: 1e-3, weightDecay: 0.01) with { AmsGrad = true };
/// </code>
/// </summary>
public abstract record Optimizer
{
    private protected Optimizer(double learningRate) => LearningRate = learningRate;

    /// <summary>The peak learning rate: a schedule gives factors of it. A finite number of at least 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public double LearningRate { get; init => field = Require.NotNegative(value, "Rates between 1e-4 and 1 are usual."); }

    /// <summary>How strongly weights are pulled to zero; at least 0. Default 0 unless the optimizer says otherwise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public ScheduledValue WeightDecay { get; init => field = Require.NotNegative(value, "Typical values are between 0 and 0.1."); } = 0;

    /// <summary>How weight decay acts. The default is each optimizer's own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not one of the kinds, or the optimizer knows only coupled decay.</exception>
    public WeightDecayKind DecayKind
    {
        get;
        init => field = !OnlyCoupledDecay || value == WeightDecayKind.Coupled ? Require.Defined(value)
            : throw Require.Error(nameof(DecayKind), "Coupled", value, $"{GetType().Name} counts decay as a part of the loss.");
    }

    /// <summary>
    /// Whether weight decay falls and rises with the rate: decay * rate / peak rate. Default false. Defazio 2025, arXiv:2506.02285;
    /// timm calls it corrected weight decay.
    /// </summary>
    public bool DecayFollowsRate { get; init; }

    /// <summary>Whether the objective is maximised: the gradient is negated before anything else. Default false.</summary>
    public bool Maximize { get; init; }

    /// <summary>An average of the weights over the steps, to be validated, saved and returned in their place. Default null: none.</summary>
    public WeightAveraging? Averaging { get; init; }

    /// <summary>
    /// Reads the one-line text <c>name(lr, name=value, ...)</c>: <c>adamw(lr=1e-3, wd=0.01)</c>, <c>sgd(0.1, momentum=0.9, nesterov=true)</c>,
    /// <c>lion</c>. Names are those of the factories and properties, in any case; <c>lr</c>, <c>wd</c> and <c>eps</c> are short for the
    /// learning rate, weight decay and epsilon. A scheduled number is <c>0.95 * linear(0.3run, to=0.9)</c>, an average
    /// <c>averaging=ema(0.999)</c> or <c>averaging=swa(start=750, every=50)</c>.
    /// </summary>
    /// <exception cref="FormatException">A name is unknown, a value is wrong or out of range: the message points at the character.</exception>
    public static Optimizer Parse(string text) => new OptimizerParser(text).Parse();

    /// <summary>Reads what <see cref="ToJson"/> wrote, as strictly as <see cref="Parse"/>.</summary>
    /// <exception cref="FormatException">It is not such a text; the message names the property.</exception>
    public static Optimizer FromJson(string json) => OptimizerJson.Read(json);

    /// <summary>The versioned JSON form: <c>{"version":1,"optimizer":"adamw","learningRate":0.001}</c>. Properties at their default are left out.</summary>
    public string ToJson() => OptimizerJson.Write(this);

    /// <summary>The one-line text, which <see cref="Parse"/> reads back to an equal value.</summary>
    public sealed override string ToString() => OptimizerSchema.Text(this);

    /// <summary>Whether one parameter's update needs no other parameter, so that threads can share the work.</summary>
    internal virtual bool IsElementwise => true;

    /// <summary>Whether decay of another kind than coupled has no meaning for it.</summary>
    internal virtual bool OnlyCoupledDecay => false;

    /// <summary>Whether it evaluates the loss more than once in a step.</summary>
    internal virtual bool NeedsClosure => false;

    /// <summary>Whether it works on the network as a whole, so that there can be no groups.</summary>
    internal virtual bool NeedsAllParameters => false;

    /// <summary>Whether the weights to evaluate are not the weights that are trained.</summary>
    internal virtual bool HasAverage => false;

    /// <summary>Once per step and group, before any <see cref="Step"/>: advances state that is a few numbers per group.</summary>
    internal virtual void Begin(Scalars state, Moment now)
    {
    }

    /// <summary>Updates the weights of <paramref name="p"/>. An elementwise optimizer may be called for several parts of a group.</summary>
    internal abstract void Step<T>(Parameters<T> p, Moment now) where T : struct, ILane<T>;

    /// <summary>The weights to evaluate, where <see cref="HasAverage"/>.</summary>
    internal virtual void Average<T>(Parameters<T> p, Span<T> destination) where T : struct, ILane<T> =>
        p.Copy(p.Weights, destination);
}
