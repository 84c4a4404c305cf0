using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML.TrainerSearch;

/// <summary>How the schedule of a trial lets its early values be compared.</summary>
/// <param name="Plan">The whole run.</param>
/// <param name="Schedule">The schedule in it.</param>
/// <param name="Epochs">Its length in whole epochs.</param>
/// <param name="FreeEpochs">Whole epochs whose rates do not depend on the length of the run.</param>
internal sealed record ScheduleOutlook(TrainingPlan Plan, BoundSchedule Schedule, int Epochs, int FreeEpochs)
{
    /// <summary>From this part of the peak rate on a rate counts as high: weights there are as those of a run that is not decaying.</summary>
    private const double HighRate = 2.0 / 3;

    public static ScheduleOutlook Of(TrainingOptions options, long rows)
    {
        TrainingPlan plan = options.PlanFor(checked((int)rows));
        int epochs = (int)Math.Ceiling(plan.Epochs);
        long free = options.Schedule.HorizonFreeSteps(plan, options.Optimizer.LearningRate);
        return new(plan, options.Schedule.Bind(plan, options.Optimizer.LearningRate), epochs, (int)Math.Min(free / plan.StepsPerEpoch, epochs));
    }

    /// <summary>True if the value at any epoch is that of a run which ends there, but for a decay that can be forked off: most of the run is free of its horizon.</summary>
    public bool IsHorizonFree => 2 * FreeEpochs >= Epochs;

    /// <summary>
    /// The epoch after which a trial pauses so that a forked decay ends at the rung <paramref name="rung"/>; the rung itself if
    /// nothing is forked. The decay has the same part as in the whole run, or a fifth for schedules with a fixed horizon.
    /// </summary>
    public int PauseFor(int rung, RungComparison comparison)
    {
        double part = IsHorizonFree ? (double)(Epochs - FreeEpochs) / Epochs : 0.2;
        int pause = Math.Max(1, rung - Math.Max(1, (int)Math.Round(rung * part)));
        bool forks = FreeEpochs < Epochs && (comparison == RungComparison.ForkAll || (comparison == RungComparison.LikeWithLike && (IsHorizonFree || IsHighAt(pause))));
        return forks ? pause : rung;
    }

    /// <summary>
    /// The pool of values in mid-flight, which compare only with those of their kind; the empty one is that of schedules whose values are
    /// final at any epoch. Values judged by a fork are annealed and compare with all.
    /// </summary>
    public string PoolOf(LrSchedule schedule, RungComparison comparison) =>
        comparison != RungComparison.LikeWithLike || IsHorizonFree ? "" : KindOf(schedule);

    private bool IsHighAt(int epoch)
    {
        double peak = 0;
        for (long step = 0; step < Plan.TotalSteps; step++) peak = Math.Max(peak, Schedule.FactorAt(step));
        return Schedule.FactorAt(Plan.StepsPerEpoch * epoch) >= HighRate * peak;
    }

    /// <summary>The kind of a schedule: its text without numbers. Trials of one kind have their rates at similar heights at the same epoch.</summary>
    public static string KindOf(LrSchedule schedule) =>
        Regex.Replace(schedule.ToString(), @"[0-9][0-9.eE+-]*", "#", RegexOptions.CultureInvariant);
}

/// <summary>Trains one trial of a trainer of this library: reports each epoch, pauses at rungs, forks decays, shares trunks.</summary>
internal sealed class TrialFit(
    Trial trial, TrainingOptions training, ScheduleOutlook outlook, SearchOptions search, string folder, TrunkStore trunks,
    Func<TrainingOptions> again, Func<TrainingOptions, ITransformer> fit)
{
    private readonly string checkpoints = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"trial-{trial.Number}"));
    private readonly int pauseAfter = trial.Target >= outlook.Epochs ? int.MaxValue : outlook.PauseFor(trial.Target, search.Comparison);
    private readonly int every = search.ShareTrunks || trial.Target < outlook.Epochs ? 1 : search.Folder is null ? 0 : search.CheckpointEveryEpochs;
    private TrialSignal signal;
    private int last;

    /// <summary>Epochs that came from another trial's trunk.</summary>
    public int SharedEpochs { get; private set; }

    /// <summary>The fitted trainer; null if the trial paused or was stopped.</summary>
    public ITransformer? Fit()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(search.CancellationToken, training.CancellationToken);
        BoundSchedule bound = outlook.Schedule;
        string key = search.ShareTrunks ? TrunkStore.Key(training) : "";
        Start(bound, key);
        training.CancellationToken = stop.Token;
        training.Progress = new Listener(now => OnEpoch(now, stop), training.Progress);
        ITransformer? model = null;
        try
        {
            model = fit(training);
        }
        catch (OperationCanceledException) when (signal != TrialSignal.Continue && !search.CancellationToken.IsCancellationRequested)
        {
            if (signal == TrialSignal.Pause) Pause();
        }
        if (search.ShareTrunks) Offer(bound, key);
        else if (signal != TrialSignal.Pause && Directory.Exists(checkpoints)) Directory.Delete(checkpoints, recursive: true);
        return signal == TrialSignal.Continue ? model : null;
    }

    private void Start(BoundSchedule bound, string key)
    {
        bool resumes = trial.Checkpoint is not null && Directory.Exists(checkpoints);
        if (!resumes && Directory.Exists(checkpoints)) Directory.Delete(checkpoints, recursive: true);
        if (every > 0)
            training.Checkpoints = new CheckpointOptions { Folder = checkpoints, EveryEpochs = every, KeepLast = search.ShareTrunks ? int.MaxValue : 2, KeepBest = false };
        if (resumes)
            training.ResumeFrom = checkpoints;
        else if (search.ShareTrunks && trunks.Find(key, bound, outlook.Plan.StepsPerEpoch, Math.Min(outlook.Epochs - 1, pauseAfter - 1)) is { } shared)
        {
            (training.ResumeFrom, training.ResumeMode) = (shared.Path, ResumeMode.SameRates);
            SharedEpochs = shared.Epoch;
        }
    }

    private void OnEpoch(TrainingProgress now, CancellationTokenSource stop)
    {
        int epoch = now.Epoch + 1;
        if (last == 0) trial.ContinueAfter(epoch - 1);
        // The checkpoint of an epoch is written after its report: what is known to be there is the one before.
        if (search.Folder is not null && every > 0 && last > 0 && last % every == 0) trial.Save(last, checkpoints);
        last = epoch;
        double loss = LossOf(now);
        search.Progress?.Report(new SearchProgress(trial.Number, TrialState.Running, epoch, loss, now.LearningRate, null, null));
        TrialSignal said = trial.Report(epoch, loss, now.LearningRate);
        if (said != TrialSignal.Stop) said = epoch >= pauseAfter && epoch < outlook.Epochs ? TrialSignal.Pause : TrialSignal.Continue;
        if (said == TrialSignal.Continue) return;
        signal = said;
        stop.Cancel();
    }

    private void Pause()
    {
        if (pauseAfter < trial.Target) trial.Report(trial.Target, JudgeByFork(), isJudged: true);
        trial.Pause(checkpoints);
    }

    /// <summary>The loss at the end of a short decay from the trunk's checkpoint to the rung; the branch is thrown away.</summary>
    private double JudgeByFork()
    {
        TrainingOptions branch = again();
        branch.Schedule = branch.Schedule.ForkDecay(outlook.Plan, outlook.Plan.StepsPerEpoch * pauseAfter, LrSchedule.Linear(TrainingSpan.Rest, to: 0));
        branch.NumberOfEpochs = trial.Target;
        (branch.ResumeFrom, branch.ResumeMode) = (checkpoints, ResumeMode.SameRates);
        branch.CancellationToken = search.CancellationToken;
        double loss = double.NaN;
        branch.Progress = new Listener(now => loss = LossOf(now), null);
        trial.Charge(trial.Target - pauseAfter);
        try
        {
            fit(branch);
        }
        catch (TrainingDivergedException)
        {
            return double.NaN;
        }
        return loss;
    }

    private void Offer(BoundSchedule bound, string key)
    {
        if (!Directory.Exists(checkpoints)) return;
        long perEpoch = outlook.Plan.StepsPerEpoch;
        foreach (string path in Directory.EnumerateFiles(checkpoints))
            if (long.TryParse(Regex.Match(Path.GetFileName(path), "[0-9]+").Value, NumberStyles.None, CultureInfo.InvariantCulture, out long step) && step % perEpoch == 0)
            {
                // Later epochs depend on the horizon: nobody can continue from them.
                if (step / perEpoch <= outlook.FreeEpochs) trunks.Add(key, bound, perEpoch, (int)(step / perEpoch), path);
                else File.Delete(path);
            }
    }

    private static double LossOf(TrainingProgress now) => double.IsNaN(now.ValidationLoss) ? now.TrainingLoss : now.ValidationLoss;

    private sealed class Listener(Action<TrainingProgress> tell, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            tell(value);
            next?.Report(value);
        }
    }
}
