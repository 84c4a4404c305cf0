using System.Globalization;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Tabular;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Options of <c>TorchTabular</c>. What is null is chosen by the recipe from the task and the training rows: docs/tabular.md has every
/// rule and its reason. <see cref="TrainingOptions.Optimizer"/>, <see cref="TrainingOptions.Schedule"/>,
/// <see cref="TrainingOptions.NumberOfEpochs"/>, <see cref="TrainingOptions.BatchSize"/> and <see cref="TrainingOptions.ParameterGroups"/>
/// are the recipe's too unless they are set.
/// <para>
/// Parameters: <c>categories.tables.*</c>, <c>encoding.*</c> (or <c>scaling.*</c>), <c>front.weight</c>, <c>layers.0.weight</c>,
/// <c>layers.0.bias</c>, <c>layers.0.activation.blend</c>, ..., <c>output.weight</c>, <c>output.bias</c>; with <see cref="SharedMembers"/> also
/// <c>layers.0.input_scale</c>, <c>layers.0.output_scale</c>, ..., <c>output.input_scale</c> and <c>output.output_scale</c>, of which
/// <c>*.input_scale</c> and <c>*.output_scale</c> are groups.
/// </para>
/// </summary>
/// <remarks>
/// <para>
/// Read before a fit, <see cref="TrainingOptions.Optimizer"/> and <see cref="TrainingOptions.Schedule"/> are the general defaults, because the recipe's depend on the task:
/// <c>options.Optimizer = options.Optimizer with { ... }</c> changes the general optimizer and gives the recipe's up. The recipe's own are
/// </para>
/// <code>
/// // Regression: 0.1. Classification: 0.04.
/// options.Optimizer = Optimizers.AdamW(learningRate: 0.1, weightDecay: 0, beta2: 0.95) with { WeightDecay = 0.02.Following(LrSchedule.Hold(0.5.OfRun()).Cosine()) };
/// // Regression.
/// options.Schedule = LrSchedule.Decay(TrainingSpan.Rest, Shape.CosLog(4), from: 1);
/// // Classification.
/// options.Schedule = LrSchedule.Warmup(0.05.OfRun()).Cosine();
/// </code>
/// <para>
/// <see cref="TrainingOptions.LastBatch"/> is <see cref="LastBatch.Drop"/> by default.
/// </para>
/// <para>
/// <see cref="TrainingOptions.MaximumTime"/> is for the whole fit: its runs (members, and of each fold a long and a short one) have equal parts of what the threads have in all, a fold
/// 1.25 of them, and each run ends after the first epoch that ends later than its part. <see cref="TrainingOptions.StopWhen"/>, <see cref="TrainingOptions.Progress"/> and
/// <see cref="EarlyStopping"/> see each run by itself.
/// </para>
/// <para>
/// A fit that goes on from a model trains that model's network: the network's options (hidden layers, activation, dropout rates, encodings, width of categories, scaling,
/// <see cref="SharedMembers"/>) have no effect. It has as many members as the model, unless <see cref="Members"/> is set: more begin again with the model's first.
/// </para>
/// <para>
/// With one member, <see cref="SharedMembers"/> included, the threads work together within each step, and the model depends on their number; with several, each run has one thread, and it does not.
/// </para>
/// </remarks>
public sealed class TorchTabularOptions : NetworkOptions
{
    /// <summary>The recipe, all of it.</summary>
    public TorchTabularOptions()
    {
        DropoutSchedule = Recipe.FlatCosine;
        // A smaller last batch would have a gradient of more noise at the same rate.
        LastBatch = LastBatch.Drop;
    }

    /// <summary>Units of each hidden layer, from 1 to 16,777,216. Default 256, 256, 256.</summary>
    public IReadOnlyList<int> HiddenLayers { get; set => field = Require.Units(value); } = [256, 256, 256];

    /// <summary>The function after each hidden layer. Default null: Mish for regression, SELU for classification.</summary>
    public ActivationFunction? Activation { get; set => field = value is { } function ? Require.Defined(function) : null; }

    /// <summary>Whether each hidden unit learns how much of the activation it uses. Default true.</summary>
    public bool ParametricActivation { get; set; } = true;

    /// <summary>
    /// The part of each hidden layer that is dropped, at least 0 and below 1; it follows <see cref="TrainingOptions.DropoutSchedule"/>, by default full for half
    /// of the run and then falling to 0. Default 0.15.
    /// </summary>
    public double Dropout { get; set => field = Require.Fraction(value, "0.15 is the recipe's."); } = 0.15;

    /// <summary>
    /// The part of each label that is spread over all classes. Default null: 0.1 for half of the run and then falling to 0. It has no effect on regression or on a <see cref="TrainingOptions.Loss"/> of your own.
    /// </summary>
    public ScheduledValue? LabelSmoothing { get; set => field = value is { } part ? Require.Fraction(part, "0.1 is usual.") : null; }

    /// <summary>Whether every input of the first layer has a learned factor with a rate of its own. Default true.</summary>
    public bool FrontScale { get; set; } = true;

    /// <summary>
    /// Networks that are trained with random numbers of their own and averaged in one model, from 1 to 1,000. Default null: 4, or the number of folds
    /// where folds are held out. Set, it is the number of folds too where <see cref="Folds"/> is left out, and 1 holds none out. With both set, they must be
    /// equal, or <see cref="Folds"/> 0.
    /// </summary>
    public int? Members { get; set => field = value is { } members ? Require.Between(1, 1000, members, "1 trains a single network.") : null; }

    /// <summary>
    /// Networks that share their matrices, at least 2: each has only factors and biases of its own, a loss of its own in training, and their predictions are
    /// averaged. One model of 16 such members is hardly larger than a single network and takes the time of 16 to train and score. They count
    /// as one of <see cref="Members"/>, whose default is then 1, and no folds are held out. Default null: none.
    /// Gorishniy, Kotelnikov and Babenko 2024, TabM, arXiv:2410.24210.
    /// </summary>
    public int? SharedMembers { get; set => field = value is { } members ? Require.AtLeast(2, members, "null is a single network.") : null; }

    /// <summary>
    /// Parts into which the rows are cut so that each member holds out another part, by which the length of training, the share of a
    /// linear model and the confidence are chosen. 0: every member trains on all rows to the last step. Default null: 8 on up to
    /// 4,096 rows; on more, one member holds out an eighth of the rows, and the other folds follow only if these rows tell that another choice is
    /// clearly better than the recipe's run. In either case there are as many folds as <see cref="Members"/> if these are set, and none if they are 1; on fewer than 40 rows there
    /// are none. Nor are there with <see cref="SharedMembers"/>, a <see cref="TrainingOptions.Loss"/> of your own, early stopping, rows to validate on or a model to go on from: together with
    /// these, 2 or more are an error. There are never more folds than rows.
    /// </summary>
    public int? Folds { get; set => field = value is { } folds && folds != 0 ? Require.AtLeast(2, folds, "0 holds nothing out.") : value; }

    /// <summary>Resolved: how many folds are held out if the first of them tells that the table is noisy; 0 asks none.</summary>
    internal int FoldsIfNoisy { get; set; }

    /// <summary>Whether first weights and biases are scaled by what the layers do to training rows. Default true.</summary>
    public bool DataDrivenInitialization { get; set; } = true;

    /// <summary>
    /// Whether predictions of a regression stay within the labels of the training rows. Default null: they do, unless held-out rows (see <see cref="Folds"/>) are
    /// predicted better where predictions may leave the labels trained on, as on a table that is a line; then they may go as far again beyond.
    /// It holds where predictions are linear in the network's outputs. Those of <see cref="PoissonLoss"/>, <see cref="GammaLoss"/> and <see cref="TweedieLoss"/> are exponential
    /// and have no such bounds.
    /// </summary>
    public bool? ClampPredictions { get; set; }

    /// <summary>Resolved: whether the number of folds is the recipe's choice, which gives way to whatever else is asked for.</summary>
    internal bool FoldsAreTheRecipes { get; set; }

    /// <summary>The number of folds if held-out rows were asked for, else null.</summary>
    internal int? RequiredFolds => Folds > 0 && !FoldsAreTheRecipes ? Folds : null;

    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    internal override void Check()
    {
        base.Check();
        if (RequiredFolds is not { } folds) return;
        if (SharedMembers is not null) throw Refused("0 for members that share weights", "Leave Folds out, or SharedMembers.");
        if (Members is { } members && members != folds) throw Refused(string.Create(CultureInfo.InvariantCulture, $"0 or the {members} of Members"), "Each fold makes one member: set one of the two.");
        if (Loss is not null) throw Refused("0 with a Loss of your own", "Leave one of them out: held-out rows choose among runs of the losses that the recipe knows.");
        if (EarlyStopping is not null) throw Refused("0 with EarlyStopping", "Leave one of them out: held-out rows choose the length of the training themselves.");
        if (ValidationFraction > 0) throw Refused("0 with a ValidationFraction", "Leave one of them out: either held-out rows choose, or rows to validate on.");

        ArgumentException Refused(string rule, string advice) =>
            new(string.Create(CultureInfo.InvariantCulture, $"Folds must be {rule} but was {folds}. {advice}"), nameof(Folds));
    }

    internal override Network BuildNetwork(int inputs, int outputs) =>
        throw new InvalidOperationException("The network of TorchTabular depends on the rows: it is built by Recipe.");
}
