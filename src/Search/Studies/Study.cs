using System.Data.Common;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// A search by ask and tell. <see cref="Ask"/> claims a trial, new, promoted or left by a dead worker; the trial's members
/// tell what became of it. Everything is stored at once; opening the same storage again continues the study.
/// </summary>
/// <example><code>
/// using var study = Study.Open(space, new() { MaximumTrials = 100 });
/// study.Optimize(trial => Loss(trial.Configuration.Float("x")));
/// TrialRecord? best = study.View().Best;
/// </code></example>
public sealed class Study : IDisposable
{
    private readonly SearchSpace space;
    private readonly StudyOptions options;
    private readonly IStudyStorage storage;
    private readonly List<TrialRecord> records = [];
    private readonly HashSet<Trial> claimed = [];
    private readonly ITimer heart;
    private long seen = -1;

    private Study(SearchSpace space, StudyOptions options)
    {
        this.space = space;
        this.options = options;
        storage = options.Storage ?? StudyStorage.InMemory();
        string definition = $"{(options.Maximize ? "maximize" : "minimize")}\n{space}";
        Change(change =>
        {
            change.Definition ??= definition;
            return FirstDifference(change.Definition, definition) is { } difference
                ? throw new InvalidOperationException($"The stored study must vary what this one varies but differs: {difference}. Use another study name, or the space with which it was begun.")
                : true;
        });
        heart = options.Clock.CreateTimer(_ => Beat(), null, options.HeartbeatInterval, options.HeartbeatInterval);
    }

    /// <summary>Opens a study, new or stored.</summary>
    /// <exception cref="InvalidOperationException">The storage holds a study of another space or direction.</exception>
    public static Study Open(SearchSpace space, StudyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        Require.That(!space.Entries.IsEmpty, nameof(space), "a space with at least one parameter", "empty", "Add what may vary.");
        return new Study(space, (options ?? new StudyOptions()).Copy());
    }

    /// <summary>Every trial as it stands now.</summary>
    public StudyView View() => Change(_ => CurrentView());

    /// <summary>Adds a configuration to the queue: the next free worker takes it. What it leaves out is sampled at random.</summary>
    public void Enqueue(Configuration configuration)
    {
        space.Check(configuration);
        Change(change =>
        {
            int number = records.Count;
            Proposal proposal = Samplers.Random(number).Propose(CurrentView(), number, configuration)!;
            return Put(change, New(number, proposal with { Origin = "queue" }) with { State = TrialState.Waiting });
        });
    }

    /// <summary>
    /// Claims the next trial: one that a dead worker left, one from the queue, a paused one that has earned more steps, or
    /// a new one. When there are no more new ones and none is complete, the best paused one goes on. Null if the budget is spent or
    /// there is nothing left to try; others may still run trials that come back.
    /// </summary>
    public Trial? Ask()
    {
        Trial? trial = Change(Next);
        lock (claimed)
            if (trial is not null) claimed.Add(trial);
        return trial;
    }

    private Trial? Next(IStudyChange change)
    {
        TakeBackFromTheDead(change);
        if (records.Find(record => record.State == TrialState.Waiting) is { } waiting)
            return Claim(change, waiting.Row, waiting.Configuration);
        if (options.MaximumSteps is { } steps && records.Sum(record => (long)record.Spent) >= steps)
            return null;
        if (options.Pruner.Promote(CurrentView()) is { } promoted)
            return Claim(change, promoted.Row, promoted.Configuration);
        int number = records.Count;
        Configuration? start = number < space.Starts.Length ? space.Starts[number] : null;
        if (!(number >= options.MaximumTrials) && options.Sampler.Propose(CurrentView(), number, start) is { } proposal)
            return Claim(change, New(number, start is null ? proposal : proposal with { Origin = "start" }), proposal.Configuration);
        return LastResort() is { } last ? Claim(change, last.Row, last.Configuration) : null;
    }

    /// <summary>With too few trials to promote one to the end, the best of those that got furthest goes on: a study ends with a complete trial if it can.</summary>
    private TrialRecord? LastResort()
    {
        StudyView view = CurrentView();
        if (view.Best is not null || records.Exists(record => record.State is TrialState.Running or TrialState.Waiting)) return null;
        return records
            .Select(record => (Trial: record, Loss: view.Loss(record.ValueAt(record.Reached) ?? double.NaN)))
            .Where(item => item.Trial.State == TrialState.Paused && double.IsFinite(item.Loss))
            .OrderByDescending(item => item.Trial.Reached).ThenBy(item => item.Loss).ThenBy(item => item.Trial.Number)
            .FirstOrDefault().Trial;
    }

    /// <summary>
    /// Runs trials until the budget is spent, then waits for those of other workers, which may come back. Several threads
    /// and processes may run this on one study.
    /// </summary>
    /// <param name="objective">Trains a trial and returns its final value. When <see cref="Trial.Report"/> does not say continue, it returns at once; what it returns then is ignored. An exception fails the trial only.</param>
    /// <param name="progress">Is told every trial that ends, pauses or fails here.</param>
    /// <param name="cancellation">Ends the run; the trial in hand returns to the queue.</param>
    /// <returns>The best complete trial of the whole study; null if there is none.</returns>
    /// <exception cref="StudyFailedException">Too many trials failed in a row.</exception>
    public TrialRecord? Optimize(Func<Trial, double> objective, IProgress<TrialRecord>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        long started = options.Clock.GetTimestamp();
        while (!cancellation.IsCancellationRequested && !(options.Clock.GetElapsedTime(started) >= options.MaximumTime))
        {
            if (Ask() is { } trial)
            {
                if (!Run(trial, objective, cancellation)) break;
                progress?.Report(Change(_ => records[trial.Number]));
            }
            else if (Change(_ => records.Exists(record => record.State is TrialState.Running or TrialState.Waiting)))
                cancellation.WaitHandle.WaitOne(options.PollInterval);
            else
                break;
        }
        return View().Best;
    }

    /// <summary>Returns the trials still in hand to the queue.</summary>
    public void Dispose()
    {
        heart.Dispose();
        foreach (Trial trial in OpenTrials())
        {
            try
            {
                trial.Release();
            }
            catch (TrialLostException)
            {
                // Somebody else has it already: that is what releasing is for.
            }
        }
        if (options.Storage is null) storage.Dispose();
    }

    internal TrialSignal Report(Trial trial, TrialReport report, int spent)
    {
        TrialSignal signal = Change(change => Report(change, trial, report, spent));
        if (signal == TrialSignal.Stop) Close(trial);
        return signal;
    }

    private TrialSignal Report(IStudyChange change, Trial trial, TrialReport report, int spent)
    {
        TrialRow row = Owned(trial).With(report);
        row = row with { Spent = row.Spent + spent, Heartbeat = Now };
        Put(change, row);
        change.Save(row.Number, report);
        TrialRecord record = records[row.Number];
        if (report.IsJudged) return TrialSignal.Continue;
        if (report.Step >= record.Row.Target) return TrialSignal.Pause;
        if (!options.Pruner.ShouldStop(CurrentView(), record, report.Step)) return TrialSignal.Continue;
        End(change, record.Row, TrialState.Pruned, null, null);
        return TrialSignal.Stop;
    }

    internal void Update(Trial trial, Func<TrialRow, TrialRow> update, bool ends = false)
    {
        Change(change => Put(change, update(Owned(trial)) with { Heartbeat = Now }));
        if (ends) Close(trial);
    }

    internal void Finish(Trial trial, TrialState state, double? value, string? error)
    {
        Change(change => End(change, Owned(trial), state, value, error));
        Close(trial);
    }

    internal void Release(Trial trial)
    {
        Change(change => Requeue(change, Owned(trial)));
        Close(trial);
    }

    private bool Run(Trial trial, Func<Trial, double> objective, CancellationToken cancellation)
    {
        try
        {
            double value = objective(trial);
            if (!trial.IsOpen) return true;
            if (trial.LastSignal == TrialSignal.Pause) trial.Pause(checkpoint: null);
            else trial.Complete(value);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (trial.IsOpen) trial.Release();
            return false;
        }
        catch (TrialLostException)
        {
            Close(trial);
        }
        catch (Exception error) when (error is not StudyFailedException)
        {
            if (trial.IsOpen) trial.Fail(error);
            StopAfterFailuresInARow(error);
        }
        return true;
    }

    private void StopAfterFailuresInARow(Exception error)
    {
        IReadOnlyList<TrialRecord> latest = [.. View().Trials.Where(trial => trial.Row.Ended > 0).OrderByDescending(trial => trial.Row.Ended).Take(options.MaximumFailuresInARow)];
        if (latest.Count == options.MaximumFailuresInARow && latest.All(trial => trial.State == TrialState.Failed))
            throw new StudyFailedException(latest.Count, latest[0].Error ?? "", error);
    }

    private static TrialRow New(int number, Proposal proposal) => new()
    {
        Number = number,
        State = TrialState.Running,
        Configuration = proposal.Configuration.ToString(),
        Origin = proposal.Origin,
    };

    private Trial Claim(IStudyChange change, TrialRow row, Configuration configuration)
    {
        long now = Now;
        TrialRow mine = row with
        {
            State = TrialState.Running,
            Pool = options.Pool?.Invoke(configuration) ?? "",
            Worker = WorkerIdentity.Current,
            Attempt = row.Attempt + 1,
            Heartbeat = now,
            Started = row.Started == 0 ? now : row.Started,
        };
        mine = mine with { Target = options.Pruner.NextPause(new TrialRecord(mine, configuration)) ?? int.MaxValue };
        Put(change, mine);
        return new Trial(this, mine, configuration);
    }

    private void TakeBackFromTheDead(IStudyChange change)
    {
        long limit = Now - options.StaleAfter.Ticks;
        foreach (TrialRecord record in records.ToArray())
            if (record.State == TrialState.Running && (record.Row.Heartbeat < limit || WorkerIdentity.IsKnownDead(record.Row.Worker!)))
                Requeue(change, record.Row);
    }

    private TrialRow Requeue(IStudyChange change, TrialRow row)
    {
        if (row.Attempt >= options.MaximumAttempts)
            return Put(change, row with { State = TrialState.Failed, Ended = Now, Error = $"The worker died or gave the trial back {row.Attempt} times." });
        int kept = row.Checkpoint is null ? 0 : row.Reached;
        Put(change, row.WithoutReportsAfter(kept) with { State = TrialState.Waiting });
        change.ForgetReports(row.Number, kept);
        return row;
    }

    private TrialRow End(IStudyChange change, TrialRow row, TrialState state, double? value, string? error) =>
        Put(change, row with { State = state, Value = value, Error = error, Ended = Now, Reached = row.Reports.IsEmpty ? row.Reached : row.Reports[^1].Step });

    private void Close(Trial trial)
    {
        lock (claimed)
        {
            trial.IsOpen = false;
            claimed.Remove(trial);
        }
    }

    /// <summary>The trial's row as stored now, refused unless this claim still holds.</summary>
    private TrialRow Owned(Trial trial)
    {
        TrialRow row = records[trial.Number].Row;
        return trial.IsOpen && row.State == TrialState.Running && row.Worker == trial.Claim.Worker && row.Attempt == trial.Claim.Attempt
            ? row
            : throw (trial.IsOpen ? new TrialLostException(trial.Number) : new InvalidOperationException($"Trial {trial.Number} must be open but has ended. Ask for another one."));
    }

    private void Beat()
    {
        foreach (Trial trial in OpenTrials())
        {
            try
            {
                Update(trial, row => row);
            }
            catch (InvalidOperationException)
            {
                // Ended or lost between the list and the beat: whoever works on it learns that from its next report.
            }
        }
    }

    private List<Trial> OpenTrials()
    {
        lock (claimed) return [.. claimed];
    }

    private long Now => options.Clock.GetUtcNow().UtcTicks;

    private StudyView CurrentView() => new(space, options.Maximize, [.. records]);

    /// <summary>
    /// One atomic change, on records that are up to date. What it writes itself has a later revision and is read again by
    /// the next one. After an error everything is read again; a database may ask for another attempt.
    /// </summary>
    private T Change<T>(Func<IStudyChange, T> body)
    {
        lock (claimed)
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    return storage.Change(change =>
                    {
                        foreach (TrialRow row in change.ChangedSince(seen))
                            Remember(row);
                        seen = change.Revision;
                        return body(change);
                    });
                }
                catch (Exception error)
                {
                    seen = -1;
                    records.Clear();
                    if (error is not DbException { IsTransient: true } || attempt == 5) throw;
                }
            }
        }
    }

    private TrialRow Put(IStudyChange change, TrialRow row)
    {
        change.Save(row);
        Remember(row);
        return row;
    }

    private void Remember(TrialRow row)
    {
        if (row.Number == records.Count)
        {
            records.Add(new TrialRecord(row, Configuration.Parse(row.Configuration, space)));
            return;
        }
        TrialRecord known = records[row.Number];
        records[row.Number] = new TrialRecord(row, known.Row.Configuration == row.Configuration ? known.Configuration : Configuration.Parse(row.Configuration, space));
    }

    private static string? FirstDifference(string stored, string asked)
    {
        if (stored == asked) return null;
        string[] before = stored.Split('\n'), now = asked.Split('\n');
        int line = Enumerable.Range(0, Math.Max(before.Length, now.Length)).First(i => i >= before.Length || i >= now.Length || before[i] != now[i]);
        return $"it has '{(line < before.Length ? before[line] : "nothing more")}' where this one has '{(line < now.Length ? now[line] : "nothing more")}'";
    }
}
