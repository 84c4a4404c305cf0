using System.Globalization;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML.TrainerSearch;

/// <summary>Ready spaces for the trainers of this library. Each begins with the trainer's own defaults.</summary>
public static class SearchSpaces
{
    private static readonly string[] optimizers = ["adamw", "nadamw", "lion", "sgd"];

    /// <summary>
    /// Optimizer with peak rate, weight decay and momentum; schedule with warmup and decay; depth, width, activation, dropout and
    /// batch size of <c>TorchMlp</c>.
    /// </summary>
    /// <param name="numberOfEpochs">Epochs of a whole trial.</param>
    /// <param name="create">Options for everything that is not searched, such as column names. Null: the defaults.</param>
    public static SearchSpace<TorchMlpOptions> TorchMlp(int numberOfEpochs = 50, Func<TorchMlpOptions>? create = null) =>
        WithTraining(SearchSpace.For(create ?? (() => new TorchMlpOptions())), numberOfEpochs)
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
        WithTraining(SearchSpace.For(create ?? (() => new TorchLinearOptions())), numberOfEpochs)
            .Start("optimizer=adamw; rate.adamw=0.001; weightDecay=0.01; schedule=cosine; warmup=0.05; batchSize=auto");

    private static SearchSpace<TOptions> WithTraining<TOptions>(SearchSpace<TOptions> space, int numberOfEpochs) where TOptions : TrainingOptions
    {
        Require.That(numberOfEpochs >= 1, nameof(numberOfEpochs), "at least 1", numberOfEpochs, "It is the length of a whole trial.");
        return space
            .Named(add => add
                .Choice("optimizer", optimizers)
                // Each optimizer has a rate of its own: what is usual for one is far off for another.
                .When("optimizer", "adamw", then => then.LogFloat("rate.adamw", 1e-4, 3e-2))
                .When("optimizer", "nadamw", then => then.LogFloat("rate.nadamw", 1e-4, 3e-2))
                .When("optimizer", "lion", then => then.LogFloat("rate.lion", 1e-5, 3e-3))
                .When("optimizer", "sgd", then => then.LogFloat("rate.sgd", 1e-3, 0.3).Float("momentum", 0.5, 0.99))
                .LogFloat("weightDecay", 1e-6, 0.3)
                .Choice("schedule", "cosine", "linear", "wsd", "constant")
                .Float("warmup", 0, 0.3)
                .When("schedule", "wsd", then => then.Float("decayFraction", 0.05, 0.6))
                .Choice("batchSize", "auto", "32", "64", "128", "256"))
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
        // A warmup of no length would be an error; a thousandth of the run is less than one step of a short one.
        LrSchedule warmup = LrSchedule.Warmup(Math.Max(1e-3, c.Float("warmup")).OfRun());
        return c.Choice("schedule") switch
        {
            "cosine" => warmup.Cosine(TrainingSpan.Rest),
            "linear" => warmup.Linear(TrainingSpan.Rest),
            "wsd" => warmup.Hold().Linear(c.Float("decayFraction").OfRun()),
            _ => warmup.Hold(),
        };
    }
}
