using System.Globalization;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Tabular;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Ready spaces for the trainers of this library. Each begins with the trainer's own optimizer, schedule and network. The texts of
/// the optimizer and the schedule of every configuration are read by <see cref="Optimizer.Parse"/> and <see cref="LrSchedule.Parse"/>.
/// </summary>
public static class SearchSpaces
{
    // Each optimizer has a rate of its own: what is usual for one is far off for another.
    private static readonly (string Optimizer, double Least, double Greatest)[] usualRates = [("adamw", 1e-4, 3e-2), ("nadamw", 1e-4, 3e-2), ("lion", 1e-5, 3e-3), ("sgd", 1e-3, 0.3)];

    // TorchTabular divides by the square root of each layer's width in its forward pass: its rates are larger, and plain SGD is lost there.
    private static readonly (string Optimizer, double Least, double Greatest)[] tabularRates = [("adamw", 5e-3, 0.5), ("nadamw", 5e-3, 0.5), ("lion", 5e-4, 0.1)];

    /// <summary>
    /// Optimizer with peak rate, weight decay and momentum; schedule with warmup and decay; depth, width, activation, dropout and
    /// batch size of <c>TorchMlp</c>.
    /// </summary>
    /// <param name="numberOfEpochs">Epochs of a whole trial.</param>
    /// <param name="create">Options for everything that is not searched, such as column names. Null: the defaults.</param>
    public static SearchSpace<TorchMlpOptions> TorchMlp(int numberOfEpochs = 50, Func<TorchMlpOptions>? create = null) =>
        WithTraining(SearchSpace.For(create ?? (() => new TorchMlpOptions())), numberOfEpochs, usualRates, ["cosine", "linear", "wsd", "constant"], ["auto", "32", "64", "128", "256"], (1e-6, 0.3))
            .Named(space => space.Int("layers", 1, 4).LogInt("width", 16, 512).Choice("activation", "relu", "gelu", "silu", "selu").Float("dropout", 0, 0.5))
            .Apply((options, c) =>
            {
                options.HiddenLayers = [.. Enumerable.Repeat(c.Int("width"), c.Int("layers"))];
                options.Dropout = c.Float("dropout");
                options.Activation = Enum.Parse<ActivationFunction>(c.Choice("activation"), ignoreCase: true);
            })
            .Start("optimizer=adamw; rate.adamw=0.001; weightDecay=0.01; schedule=cosine; warmup=0.05; batchSize=auto; layers=2; width=128; activation=relu; dropout=0")
            .Start("optimizer=adamw; rate.adamw=0.003; weightDecay=0.01; schedule=cosine; warmup=0.05; batchSize=auto; layers=3; width=256; activation=silu; dropout=0");

    /// <summary>Optimizer with peak rate, weight decay and momentum; schedule with warmup and decay; and batch size of <c>TorchLinear</c>.</summary>
    /// <param name="numberOfEpochs">Epochs of a whole trial.</param>
    /// <param name="create">Options for everything that is not searched, such as column names. Null: the defaults.</param>
    public static SearchSpace<TorchLinearOptions> TorchLinear(int numberOfEpochs = 50, Func<TorchLinearOptions>? create = null) =>
        WithTraining(SearchSpace.For(create ?? (() => new TorchLinearOptions())), numberOfEpochs, usualRates, ["cosine", "linear", "wsd", "constant"], ["auto", "32", "64", "128", "256"], (1e-6, 0.3))
            .Start("optimizer=adamw; rate.adamw=0.001; weightDecay=0.01; schedule=cosine; warmup=0.05; batchSize=auto");

    /// <summary>
    /// Optimizer with peak rate and weight decay; schedule with warmup and decay; depth, width, dropout and batch size of <c>TorchTabular</c>.
    /// It begins with the recipe for regression and the recipe for classification. A trial trains one member; the best options trained again have
    /// as many members as the recipe gives them.
    /// </summary>
    /// <param name="numberOfEpochs">Epochs of a whole trial.</param>
    /// <param name="create">Options for everything that is not searched, such as column names. Null: the recipe.</param>
    public static SearchSpace<TorchTabularOptions> TorchTabular(int numberOfEpochs = 30, Func<TorchTabularOptions>? create = null) =>
        WithTraining(SearchSpace.For(create ?? (() => new TorchTabularOptions())), numberOfEpochs, tabularRates, ["coslog", "cosine", "linear", "wsd", "constant"], ["auto", "128", "256", "512"], (1e-4, 0.3))
            .Named(space => space.Int("layers", 1, 4).LogInt("width", 64, 512).Float("dropout", 0, 0.5))
            .Apply((options, c) =>
            {
                options.HiddenLayers = [.. Enumerable.Repeat(c.Int("width"), c.Int("layers"))];
                options.Dropout = c.Float("dropout");
                // As the recipe has them: decay falls in the second half of the run, and no batch is smaller than the others.
                options.Optimizer = options.Optimizer with { WeightDecay = c.Float("weightDecay").Following(Recipe.FlatCosine) };
                if (options.Optimizer is AdamW adamW) options.Optimizer = adamW with { Beta2 = 0.95 };
                options.LastBatch = LastBatch.Drop;
            })
            .Start("optimizer=adamw; rate.adamw=0.1; weightDecay=0.02; schedule=coslog; warmup=0; batchSize=auto; layers=3; width=256; dropout=0.15")
            .Start("optimizer=adamw; rate.adamw=0.04; weightDecay=0.02; schedule=cosine; warmup=0.05; batchSize=auto; layers=3; width=256; dropout=0.15");

    private static SearchSpace<TOptions> WithTraining<TOptions>(
        SearchSpace<TOptions> space, int numberOfEpochs, (string Optimizer, double Least, double Greatest)[] rates, string[] schedules, string[] batchSizes, (double Least, double Greatest) decays)
        where TOptions : TrainingOptions
    {
        Require.That(numberOfEpochs >= 1, nameof(numberOfEpochs), "at least 1", numberOfEpochs, "It is the length of a whole trial.");
        return space
            .Named(add =>
            {
                SearchSpace all = add.Choice("optimizer", rates.Select(rate => rate.Optimizer));
                foreach ((string optimizer, double least, double greatest) in rates)
                    all = all.When("optimizer", optimizer, then => optimizer == "sgd"
                        ? then.LogFloat($"rate.{optimizer}", least, greatest).Float("momentum", 0.5, 0.99)
                        : then.LogFloat($"rate.{optimizer}", least, greatest));
                return all
                    .LogFloat("weightDecay", decays.Least, decays.Greatest)
                    .Choice("schedule", schedules)
                    .Float("warmup", 0, 0.3)
                    .When("schedule", "wsd", then => then.Float("decayFraction", 0.05, 0.6))
                    .Choice("batchSize", batchSizes);
            })
            .Apply((options, c) =>
            {
                string optimizer = c.Choice("optimizer");
                (double rate, double decay) = (c.Float($"rate.{optimizer}"), c.Float("weightDecay"));
                options.Optimizer = optimizer switch
                {
                    "adamw" => Optimizers.AdamW(rate, decay),
                    "nadamw" => Optimizers.NAdamW(rate, weightDecay: decay),
                    "lion" => Optimizers.Lion(rate, weightDecay: decay),
                    _ => Optimizers.SgdW(rate, c.Float("momentum"), weightDecay: decay),
                };
                options.Schedule = ScheduleOf(c);
                options.BatchSize = c.Choice("batchSize") is var rows && rows == "auto" ? null : int.Parse(rows, CultureInfo.InvariantCulture);
                options.NumberOfEpochs = numberOfEpochs;
            });
    }

    private static LrSchedule ScheduleOf(Configuration c)
    {
        double warmup = c.Float("warmup");
        LrSchedule tail = c.Choice("schedule") switch
        {
            "coslog" => LrSchedule.Decay(TrainingSpan.Rest, Shape.CosLog(4), from: 1),
            "cosine" => LrSchedule.Cosine(TrainingSpan.Rest),
            "linear" => LrSchedule.Linear(TrainingSpan.Rest),
            "wsd" => LrSchedule.Hold().Linear(c.Float("decayFraction").OfRun()),
            _ => LrSchedule.Hold(),
        };

        // A warmup of no length would be an error; below a thousandth of the run there is none.
        return warmup < 1e-3 ? tail : LrSchedule.Warmup(warmup.OfRun()).Then(tail);
    }
}
