using System.Runtime.ExceptionServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>Trains the members of a model, side by side on the cores there are.</summary>
internal sealed class TabularTraining(TorchTabularOptions given, LearningTask task, Device device, ulong seed, RunWatcher watcher, ModelMetrics? metrics = null)
{
    /// <param name="train">The rows; the labels of a regression are standardised.</param>
    /// <param name="validation">Rows by whose loss each member keeps its best epoch, or null.</param>
    /// <param name="categorical">The columns that hold category codes.</param>
    /// <param name="outputs">Numbers per row out.</param>
    /// <param name="output">How they become predictions.</param>
    /// <param name="start">The model to go on from, or null.</param>
    public FittedNetwork Train(
        TrainingData train, TrainingData? validation, IReadOnlySet<int> categorical, int outputs, OutputTransform output, FittedNetwork? start)
    {
        TorchTabularOptions options = Recipe.Resolve(given, task, train.Rows);
        // Held-out folds choose among runs of this library's own losses; given rows to validate on, or a model to go on from, there is nothing to choose.
        if (validation is not null || start is not null || given.Loss is not null || options.EarlyStopping is not null)
        {
            (options.Folds, options.FoldsIfNoisy) = (0, 0);
            options.Members = given.Members ?? (given.SharedMembers is null ? Recipe.DefaultMembers : 1);
        }
        if (options.Folds > 0 && options.SharedMembers is not null)
            throw new InvalidOperationException($"Folds must be 0 for members that share weights but was {options.Folds}. Leave Folds out, or SharedMembers.");
        if (validation is not null) options.EarlyStopping ??= new EarlyStopping { Patience = int.MaxValue };
        Network network;
        TabularEncoding? encoding = null;
        if (start is null)
        {
            encoding = new TabularEncoding(train, categorical, options, watcher.CheckAlive);
            network = TabularNetwork.Build(encoding, options, outputs);
        }
        else
        {
            int own = start.Network.Outputs / start.Network.Members;
            if (start.Network.Inputs != train.Columns || own != outputs)
                throw new ArgumentException($"The model to start from must take {train.Columns} features and give {outputs} numbers but takes {start.Network.Inputs} and gives {own}. Use the columns it was trained with.");
            network = start.Network;
        }
        options.ParameterGroups = Recipe.Groups(network.Layout, given.ParameterGroups);
        Loss loss = given.Loss ?? (task == LearningTask.Regression ? new SquaredError() : new SoftmaxCrossEntropy { LabelSmoothing = options.LabelSmoothing!.Value });

        if (options.Folds > 0 || options.Members > 1) MemberCheckpoints.RequireAny(options);
        int members = options.Members!.Value, cores = options.NumberOfThreads ?? Environment.ProcessorCount;
        HeldOutTraining? heldOut = Math.Max(options.Folds!.Value, options.FoldsIfNoisy) is > 0 and var folds
            ? new HeldOutTraining(train, folds, network, encoding!, loss, task, options, device, seed, watcher)
            : null;
        // One thread each: no thread waits for another within a step, and the result does not depend on how many run at a time.
        if (members > 1 || heldOut is not null) options.NumberOfThreads = 1;
        var trained = new TrainedNetwork[members];
        if (options.Folds > 0)
        {
            SideBySide(0, heldOut!.Count, cores, heldOut.Fit);
            return Chosen(heldOut);
        }
        if (heldOut is null)
        {
            SideBySide(0, members, cores, Train);
        }
        else
        {
            // The first member holds out a fold. As many others as there are cores for train beside it, before it is known what the fold tells.
            int begun = Math.Min(members, cores);
            SideBySide(0, begun, cores, member =>
            {
                if (member == 0) heldOut.Fit(0);
                else Train(member);
            });
            if (heldOut.IsNoisy())
            {
                SideBySide(1, heldOut.Count, cores, heldOut.Fit);
                return Chosen(heldOut);
            }
            trained[0] = heldOut.FirstRun;
            SideBySide(begun, members, cores, Train);
        }
        return new FittedNetwork(network, [.. trained.Select(member => (ReadOnlyMemory<float>)member.Weights)], output, trained[0].History.ToJson());

        FittedNetwork Chosen(HeldOutTraining folds)
        {
            (IReadOnlyList<float[]> weights, bool leavesRange, TrainingHistory history) = folds.Choose();
            OutputTransform own = given.ClampPredictions is null && leavesRange && output is LinearOutput bounded ? Widened(bounded) : output;
            return new FittedNetwork(network, [.. weights.Select(member => (ReadOnlyMemory<float>)member)], own, history.ToJson());
        }

        void Train(int member)
        {
            ulong own = new RandomStream(seed, RandomStream.Purpose.Member, member).NextBits();
            float[] first = encoding is null
                ? start!.Weights(member % start.Members).ToArray()
                : FirstWeights.Of(network, encoding, train, options.DataDrivenInitialization, own);
            TorchTabularOptions run = members == 1 ? options : MemberCheckpoints.Of(options, $"member-{member}");
            trained[member] = TrainedNetwork.Train(network, loss, train, validation, run, device, own, first, watcher, metrics);
        }
    }

    /// <summary>Bounds as far again from the labels as these are from each other.</summary>
    private static LinearOutput Widened(LinearOutput output)
    {
        float range = output.Maximum - output.Minimum;
        return output with { Minimum = output.Minimum - range, Maximum = output.Maximum + range };
    }

    private static void SideBySide(int first, int end, int threads, Action<int> work)
    {
        try
        {
            Parallel.For(first, end, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
        }
        catch (AggregateException fault)
        {
            ExceptionDispatchInfo.Throw(fault.InnerExceptions[0]);
        }
    }
}
