using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Catalog;

[TestClass]
public sealed class ReadySpaceTests
{
    private const int Epochs = 7;
    private readonly MLContext ml = new(seed: 1);

    [TestMethod]
    public void TorchMlp_FiveHundredConfigurations_ParseBindAndMakeTrainers() => Check(SearchSpaces.TorchMlp(Epochs), 2, o =>
        [ml.Regression.Trainers.TorchMlp(o), ml.BinaryClassification.Trainers.TorchMlp(o), ml.MulticlassClassification.Trainers.TorchMlp(o)]);

    [TestMethod]
    public void TorchLinear_FiveHundredConfigurations_ParseBindAndMakeTrainers() => Check(SearchSpaces.TorchLinear(Epochs), 1, o =>
        [ml.Regression.Trainers.TorchLinear(o), ml.BinaryClassification.Trainers.TorchLinear(o), ml.MulticlassClassification.Trainers.TorchLinear(o)]);

    [TestMethod]
    public void TorchTabular_FiveHundredConfigurations_ParseBindAndMakeTrainers() => Check(SearchSpaces.TorchTabular(Epochs), 2, o =>
        [ml.Regression.Trainers.TorchTabular(o), ml.BinaryClassification.Trainers.TorchTabular(o), ml.MulticlassClassification.Trainers.TorchTabular(o)]);

    [TestMethod]
    public void FirstStart_IsTheDefaultOfTheTrainer()
    {
        TorchMlpOptions mlp = First(SearchSpaces.TorchMlp(Epochs)), usual = new();
        (mlp.Optimizer, mlp.Schedule, mlp.BatchSize, mlp.Activation, mlp.Dropout).Should().Be((usual.Optimizer, usual.Schedule, usual.BatchSize, usual.Activation, usual.Dropout));
        mlp.HiddenLayers.Should().Equal(usual.HiddenLayers);
        TorchLinearOptions linear = First(SearchSpaces.TorchLinear(Epochs));
        (linear.Optimizer, linear.Schedule, linear.BatchSize).Should().Be((usual.Optimizer, usual.Schedule, usual.BatchSize));
    }

    [TestMethod]
    public void TorchTabular_Starts_TrainAsTheRecipesOfBothTasks()
    {
        var random = new Random(5);
        Row[] rows = [.. Enumerable.Range(0, 340).Select(_ =>
        {
            float x = random.NextSingle() * 2 - 1, y = random.NextSingle() * 2 - 1;
            return new Row { Features = [x, y], Value = MathF.Sin(3 * x) + y, Class = x * y > 0.1f };
        })];
        IDataView train = ml.Data.LoadFromEnumerable(rows[..300]), validation = ml.Data.LoadFromEnumerable(rows[300..]);
        SearchSpace<TorchTabularOptions> space = SearchSpaces.TorchTabular(2);
        double Regression(TorchTabularOptions o)
        {
            o.HiddenLayers.Should().Equal(256, 256, 256);
            (o.Seed, o.Members, o.NumberOfThreads, o.NumberOfEpochs, o.HiddenLayers, o.LabelColumnName) = (1, 1, 1, 2, [16], "Value");
            return ml.Regression.Evaluate(ml.Regression.Trainers.TorchTabular(o).Fit(train, validation).Transform(validation), "Value").MeanSquaredError;
        }
        double Binary(TorchTabularOptions o)
        {
            o.HiddenLayers.Should().Equal(256, 256, 256);
            (o.Seed, o.Members, o.NumberOfThreads, o.NumberOfEpochs, o.HiddenLayers, o.LabelColumnName) = (1, 1, 1, 2, [16], "Class");
            return ml.BinaryClassification.Evaluate(ml.BinaryClassification.Trainers.TorchTabular(o).Fit(train, validation).Transform(validation), "Class").LogLoss;
        }
        Regression(space.Create(space.Parameters.Starts[0])).Should().Be(Regression(new())).And.NotBe(Regression(space.Create(space.Parameters.Starts[1])));
        Binary(space.Create(space.Parameters.Starts[1])).Should().Be(Binary(new())).And.NotBe(Binary(space.Create(space.Parameters.Starts[0])));
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
        public float Value { get; set; }
        public bool Class { get; set; }
    }

    private static TOptions First<TOptions>(SearchSpace<TOptions> space) where TOptions : class => space.Create(space.Parameters.Starts[0]);

    private static void Check<TOptions>(SearchSpace<TOptions> space, int starts, Func<TOptions, IEstimator<ITransformer>[]> trainers) where TOptions : TrainingOptions
    {
        space.Parameters.Starts.Should().HaveCount(starts);
        var view = new StudyView(space.Parameters, false, []);
        foreach (int n in Enumerable.Range(0, 500))
        {
            Configuration configuration = Samplers.Random(7).Propose(view, n, n < starts ? space.Parameters.Starts[n] : null)!.Configuration;
            Configuration.Parse(configuration.ToString(), space.Parameters).Equals(configuration).Should().BeTrue();
            TOptions options = space.Create(configuration);
            Optimizer.Parse(options.Optimizer.ToString()).Should().Be(options.Optimizer);
            LrSchedule.Parse(options.Schedule.ToString()).Should().Be(options.Schedule);
            options.Schedule.Bind(new TrainingPlan(100, Math.Min(options.BatchSize ?? 16, 100), Epochs), options.Optimizer.LearningRate);
            ScheduleOutlook.Of(options, 10_000).Epochs.Should().Be(Epochs);
            trainers(options).Should().NotContainNulls();
        }
    }
}
