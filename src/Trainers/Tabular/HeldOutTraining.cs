using System.Globalization;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// Members that each train without another fold of the rows, for each of several lengths, and beside the networks stands a linear model. The pooled
/// predictions for held-out rows choose (<see cref="HeldOutChoice"/>).
/// </summary>
internal sealed class HeldOutTraining(
    TrainingData data, int count, TabularShape shape, Loss loss, LearningTask task, Device device, ulong seed, RunWatcher watcher,
    ModelMetrics? metrics = null)
{
    // Ridges from strong to weak: the strength is chosen with the rest. A ridge of r weighs as much as r rows.
    private static readonly double[] Ridges = [300, 30, 3, 0.3];

    // Of straight columns only weak ones: they are for labels that are almost linear, with little noise.
    private static readonly double[] StraightRidges = [3, 0.3, 0.03];

    // The recipe's run, and shorter ones with the whole schedule within them.
    private static readonly double[] Lengths = [1, 0.25];

    // What a shorter run, a linear model or less confidence must be better by than the recipe's run, for all rows to be held out in turn.
    private const double LeastStandardErrors = 2, LeastGain = 0.02;

    private readonly Network network = shape.Network;
    private readonly TorchTabularOptions options = shape.Options;
    private readonly bool softmax = task != LearningTask.Regression;
    private readonly int[][] folds = Folds.Of(data, count, seed);
    private readonly FoldResult[] fitted = new FoldResult[count];

    /// <summary>What the runs of a fold take, in runs of a member.</summary>
    public static double RunsPerFold => Lengths.Sum();

    /// <summary>The folds.</summary>
    public int Count => count;

    /// <summary>The folders of all runs' checkpoints in that of the model.</summary>
    public IEnumerable<string> Runs => Enumerable.Range(0, count).SelectMany(fold => Lengths.Select(length => FolderOf(fold, length)));

    /// <summary>Trains the candidates without one fold.</summary>
    public void Fit(int fold) => fitted[fold] = TrainFold(fold);

    /// <summary>The network that is trained.</summary>
    public TabularShape Shape => shape;

    /// <summary>The loss of the recipe's run on the first fold.</summary>
    public double FirstLoss()
    {
        var choice = new HeldOutChoice(data.Select(folds[0]), network.Outputs, softmax);
        return choice.Loss(choice.Predictions(fitted[0].Raw[0], 1));
    }

    /// <summary>The recipe's run without the first fold.</summary>
    public TrainedNetwork FirstRun => new(network, fitted[0].Weights[0], fitted[0].History);

    /// <summary>Whether the first fold tells that another candidate is clearly better than the recipe's run: few rows for so much noise.</summary>
    public bool IsNoisy()
    {
        var choice = new HeldOutChoice(data.Select(folds[0]), network.Outputs, softmax);
        double[] run = choice.Predictions(fitted[0].Raw[0], 1);
        (double StandardErrors, double Part) gain = (0, 0);
        foreach (float[] raw in fitted[0].Raw)
        {
            (double StandardErrors, double Part) own = choice.Gain(run, choice.Predictions(raw, choice.Factor(raw)));
            if (own.Part > gain.Part) gain = own;
        }
        bool noisy = gain.StandardErrors > LeastStandardErrors && gain.Part > LeastGain;
        watcher.Say(string.Create(CultureInfo.InvariantCulture,
            $"First fold{Words}: the best candidate is better than the recipe's run by {gain.Part:p1}, {gain.StandardErrors:f1} standard errors: {(noisy ? "all folds decide" : "the recipe's run is taken")}."));
        return noisy;
    }

    /// <summary>The members, by the held-out rows of all folds.</summary>
    public HeldOutMembers Choose()
    {
        int outputs = network.Outputs, candidates = fitted[0].Weights.Count;
        var choice = new HeldOutChoice(data, outputs, softmax);
        float[][] heldOut = [.. Enumerable.Range(0, candidates).Select(candidate => Pool(candidate, data.Rows * outputs))];
        double[] factors = [.. heldOut.Select(choice.Factor)];
        double[][] predictions = [.. heldOut.Select((raw, candidate) => choice.Predictions(raw, factors[candidate]))];
        int[] picks = choice.Pick(predictions, count);
        for (int candidate = 0; candidate < candidates; candidate++)
            watcher.Say(string.Create(CultureInfo.InvariantCulture,
                $"{Heading}: {NameOf(candidate)}: loss {choice.Loss(predictions[candidate]):g5}, factor {factors[candidate]:g3}, {picks[candidate]} of {count} members."));

        double[] average = new double[heldOut[0].Length];
        for (int candidate = 0; candidate < candidates; candidate++)
            for (int i = 0; i < average.Length; i++) average[i] += picks[candidate] * predictions[candidate][i] / count;
        var members = new List<float[]>();
        for (int fold = 0; fold < count; fold++)
        {
            int candidate = Array.FindIndex(picks, left => left > 0);
            picks[candidate]--;
            members.Add(Scaled(fitted[fold].Weights[candidate], factors[candidate]));
        }
        return new HeldOutMembers(members, choice.Loss(average), LeavesRange(choice, average), fitted[0].History);
    }

    /// <summary>
    /// Whether rows are predicted better by what leaves the range of the labels trained on: on a table that is a line there is more of it beyond the last row, while
    /// a flexible model's predictions out there are errors.
    /// </summary>
    private bool LeavesRange(HeldOutChoice choice, double[] free)
    {
        if (softmax || data.LabelColumns > 1) return false;
        double[] bounded = new double[data.Rows];
        float[] labels = data.Labels.ToArray();
        foreach (int[] fold in folds)
        {
            float[] others = [.. Enumerable.Range(0, data.Rows).Except(fold).Select(row => labels[row])];
            (double least, double most) = (others.Min(), others.Max());
            foreach (int row in fold) bounded[row] = Math.Clamp(free[row], least, most);
        }
        double loss = choice.Loss(free), lossInRange = choice.Loss(bounded);
        watcher.Say(string.Create(CultureInfo.InvariantCulture, $"{Heading}: loss {loss:g5}, held within the range of the labels {lossInRange:g5}."));
        return loss < lossInRange;
    }

    private string Words => shape.Name.Length > 0 ? $", {shape.Name}" : "";

    private string Heading => $"Held-out folds{Words}";

    private string NameOf(int candidate)
    {
        int linear = candidate - Lengths.Length, straight = linear - Ridges.Length;
        return string.Create(CultureInfo.InvariantCulture,
            $"{(linear < 0 ? $"{Lengths[candidate] * options.NumberOfEpochs!.Value:g3} epochs" : straight < 0 ? $"linear, ridge {Ridges[linear]}" : $"linear in straight columns, ridge {StraightRidges[straight]}")}");
    }

    private FoldResult TrainFold(int fold)
    {
        ulong own = new RandomStream(seed, RandomStream.Purpose.Member, fold).NextBits();
        TrainingData train = data.Select([.. folds.Where((_, i) => i != fold).SelectMany(rows => rows).Order()]), held = data.Select(folds[fold]);
        float[] first = FirstWeights.Of(network, shape.Encoding!, train, options.DataDrivenInitialization, own);
        var weights = new List<float[]>();
        var raw = new List<float[]>();
        TrainingHistory? history = null;
        foreach (double length in Lengths)
        {
            string folder = FolderOf(fold, length);
            TorchTabularOptions run = MemberCheckpoints.Of(options, folder);
            run.MaximumTime = TimeShares.Of(options.MaximumTime, 1 / length);
            run.NumberOfEpochs = Math.Max(1, length * options.NumberOfEpochs!.Value);
            run.BatchSize = Math.Min(options.BatchSize!.Value, train.Rows);
            TrainedNetwork trained = TrainedNetwork.Train(network, loss, train, validation: null, run, device, own, first.ToArray(), watcher.For(folder), metrics);
            history ??= trained.History;
            weights.Add(trained.Weights);
            raw.Add(Raw(trained.Weights, held));
        }
        if (LinearMember.Fits(network))
        {
            AddLinear(LinearMember.Bent(network, first), Ridges);
            if (LinearMember.Straight(network, first, shape.Encoding!, train) is { } straight) AddLinear(straight, StraightRidges);
        }
        return new FoldResult(weights, raw, history!);

        void AddLinear(LinearMember member, double[] ridges)
        {
            TrainingData features = member.Features(train);
            RidgeModel? model = null;
            foreach (double ridge in ridges)
            {
                watcher.CheckAlive();
                model = RidgeModel.Fit(features, network.Outputs, softmax, ridge, model);
                weights.Add(member.Weights(model));
                raw.Add(Raw(weights[^1], held));
            }
        }
    }

    /// <summary>With the number of folds: a run of another number has seen other rows.</summary>
    private string FolderOf(int fold, double length) =>
        string.Create(CultureInfo.InvariantCulture, $"{(shape.Name.Length > 0 ? shape.Name + "/" : "")}{MemberCheckpoints.FolderOf(fold)}-of-{count}/length-{length}");

    private float[] Raw(float[] weights, TrainingData rows)
    {
        float[] raw = new float[rows.Rows * network.Outputs];
        new NetworkScorer(new FittedNetwork(network, weights, LinearMember.Plain(network.Outputs))).Score(rows.Features.Span, rows.Rows, raw);
        return raw;
    }

    /// <summary>Each row's outputs by the model that has not seen it.</summary>
    private float[] Pool(int candidate, int length)
    {
        float[] pooled = new float[length];
        int outputs = network.Outputs;
        for (int fold = 0; fold < folds.Length; fold++)
            for (int i = 0; i < folds[fold].Length; i++)
                fitted[fold].Raw[candidate].AsSpan(i * outputs, outputs).CopyTo(pooled.AsSpan(folds[fold][i] * outputs));
        return pooled;
    }

    /// <summary>Weights whose outputs are so many times as large.</summary>
    private float[] Scaled(float[] weights, double factor)
    {
        float[] scaled = weights.ToArray();
        foreach (string name in (string[])["output.weight", "output.bias"])
            foreach (ref float value in network.Layout[name].In(scaled.AsSpan())) value *= (float)factor;
        return scaled;
    }

    /// <summary>For each candidate the weights, and the outputs for the fold's own rows.</summary>
    private sealed record FoldResult(IReadOnlyList<float[]> Weights, IReadOnlyList<float[]> Raw, TrainingHistory History);
}

/// <summary>What the held-out rows chose.</summary>
/// <param name="Weights">The weights of each member.</param>
/// <param name="Loss">The loss of their average on the held-out rows.</param>
/// <param name="LeavesRange">Whether predictions may leave the range of the labels.</param>
/// <param name="History">The history of the first run.</param>
internal sealed record HeldOutMembers(IReadOnlyList<float[]> Weights, double Loss, bool LeavesRange, TrainingHistory History);
