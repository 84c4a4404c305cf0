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
            if (given.RequiredFolds is { } required)
                throw new InvalidOperationException($"Folds must be 0 with {(validation is not null ? "rows to validate on" : "a model to go on from")} but was {required}. Leave Folds out, or train without them: there is nothing to choose by held-out rows.");
            (options.Folds, options.FoldsIfNoisy) = (0, 0);
            options.Members = given.Members ?? start?.Members ?? (given.SharedMembers is null ? Recipe.DefaultMembers : 1);
        }
        if (validation is not null) options.EarlyStopping ??= new EarlyStopping { Patience = int.MaxValue };
        bool holdsOut = options.Folds > 0 || options.FoldsIfNoisy > 0;
        if (holdsOut && options.ResumeWithDecay is { } decay)
            throw new InvalidOperationException($"ResumeWithDecay must be null where rows are held out but was {decay}. A branch follows one schedule, and folds train runs of two lengths: set Folds = 0 for the stable phase and for its branches.");
        IReadOnlyList<TabularShape> shapes = start is null
            ? TabularShape.Of(train, categorical, options, outputs, holdsOut, watcher.CheckAlive)
            : [TabularShape.Of(Fitting(start, train.Columns, outputs), options)];
        Loss loss = Recipe.LossOf(options, task);

        int members = options.Members!.Value, cores = options.NumberOfThreads ?? Environment.ProcessorCount, folds = Math.Max(options.Folds!.Value, options.FoldsIfNoisy);
        // One thread each: no thread waits for another within a step, and the result does not depend on how many run at a time.
        if (members > 1 || holdsOut)
            foreach (TabularShape one in shapes) one.Options.NumberOfThreads = 1;
        HeldOutTraining[] heldOut = holdsOut ? [.. shapes.Select(one => new HeldOutTraining(train, folds, one, loss, task, device, seed, watcher, metrics))] : [];
        IEnumerable<string> wholeRuns = options.Folds > 0 ? [] : members == 1 ? [MemberCheckpoints.Alone] : Enumerable.Range(0, members).Select(MemberCheckpoints.FolderOf);
        MemberCheckpoints.RequireRuns(options, [.. heldOut.SelectMany(one => one.Runs), .. wholeRuns]);
        // More threads than processors do not make a round shorter.
        int sideBySide = Math.Min(cores, Environment.ProcessorCount);
        TabularShape shape = shapes[0];
        var trained = new TrainedNetwork[members];
        if (options.Folds > 0)
        {
            ShareTime(HeldOutTraining.RunsPerFold * TimeShares.Rounds(heldOut.Length * folds, sideBySide));
            SideBySide(0, heldOut.Length * folds, cores, i => heldOut[i % heldOut.Length].Fit(i / heldOut.Length));
            return Chosen(heldOut);
        }
        if (!holdsOut)
        {
            ShareTime(TimeShares.Rounds(members, sideBySide));
            SideBySide(0, members, cores, Train);
        }
        else
        {
            // The first member holds out a fold. As many others as there are cores for train beside it, before it is known what the fold tells, unless it must tell first which
            // network they are.
            int begun = heldOut.Length > 1 ? 1 : Math.Min(members, cores);
            // Time is left for the other folds, whether they will be needed or not.
            double now = HeldOutTraining.RunsPerFold * TimeShares.Rounds(heldOut.Length + begun - 1, sideBySide);
            double later = HeldOutTraining.RunsPerFold * TimeShares.Rounds(folds - 1, sideBySide);
            ShareTime(now + later);
            SideBySide(0, heldOut.Length + begun - 1, cores, i =>
            {
                if (i < heldOut.Length) heldOut[i].Fit(0);
                else Train(i);
            });
            HeldOutTraining first = heldOut.MinBy(one => one.FirstLoss())!;
            Take(first.Shape);
            if (first.IsNoisy())
            {
                SideBySide(1, folds, cores, first.Fit);
                return Chosen(first);
            }
            trained[0] = first.FirstRun;
            // What the folds do not need is the other members'.
            if (begun < members) ShareTime((now + later) / later * TimeShares.Rounds(members - begun, sideBySide));
            SideBySide(begun, members, cores, Train);
        }
        return Model(trained.Select(member => member.Weights), output, trained[0].History);

        FittedNetwork Chosen(params HeldOutTraining[] candidates)
        {
            (HeldOutTraining Training, HeldOutMembers Members)[] choices = [.. candidates.Select(one => (one, one.Choose()))];
            (HeldOutTraining training, HeldOutMembers best) = choices.MinBy(one => one.Members.Loss);
            Take(training.Shape);
            bool widens = given.ClampPredictions is null && best.LeavesRange;
            return Model(best.Weights, widens && output is LinearOutput bounded ? Widened(bounded) : output, best.History);
        }

        void ShareTime(double parts)
        {
            foreach (TabularShape one in shapes) one.Options.MaximumTime = TimeShares.Of(given.MaximumTime, parts);
        }

        void Take(TabularShape best)
        {
            shape = best;
            if (heldOut.Length > 1) watcher.Say($"Held-out rows: {(best == shapes[0] ? "columns are scaled only" : "columns are encoded")}.");
        }

        FittedNetwork Model(IEnumerable<float[]> weights, OutputTransform own, TrainingHistory history) =>
            new(shape.Network, [.. weights.Select(member => (ReadOnlyMemory<float>)member)], own, history.ToJson());

        void Train(int member)
        {
            ulong own = new RandomStream(seed, RandomStream.Purpose.Member, member).NextBits();
            float[] first = shape.Encoding is null
                ? start!.Weights(member % start.Members).ToArray()
                : FirstWeights.Of(shape.Network, shape.Encoding, train, options.DataDrivenInitialization, own);
            bool alone = members == 1;
            string folder = MemberCheckpoints.FolderOf(member);
            trained[member] = TrainedNetwork.Train(
                shape.Network, loss, train, validation, alone ? shape.Options : MemberCheckpoints.Of(shape.Options, folder), device, own, first, alone ? watcher : watcher.For(folder), metrics);
        }
    }

    private static Network Fitting(FittedNetwork start, int columns, int outputs)
    {
        int own = start.Network.Outputs / start.Network.Members;
        return start.Network.Inputs == columns && own == outputs
            ? start.Network
            : throw new ArgumentException($"The model to start from must take {columns} features and give {outputs} numbers but takes {start.Network.Inputs} and gives {own}. Use the columns it was trained with.");
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
