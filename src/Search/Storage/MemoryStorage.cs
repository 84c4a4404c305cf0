namespace Microsoft.ML.TrainerSearch;

/// <summary>A study that lives as long as the process.</summary>
internal sealed class MemoryStorage : IStudyStorage
{
    private readonly Lock gate = new();
    private readonly List<(TrialRow Row, long Revision)> trials = [];
    private string? definition;
    private long revision;

    public T Change<T>(Func<IStudyChange, T> body)
    {
        lock (gate)
        {
            var change = new Pending(this);
            T result = body(change);
            change.Commit();
            return result;
        }
    }

    public void Dispose()
    {
    }

    private sealed class Pending(MemoryStorage storage) : IStudyChange
    {
        private readonly SortedDictionary<int, TrialRow> written = [];

        public string? Definition { get; set; } = storage.definition;

        public long Revision => storage.revision;

        public IReadOnlyList<TrialRow> ChangedSince(long revision) =>
            revision >= storage.revision ? [] : [.. storage.trials.Where(trial => trial.Revision > revision).Select(trial => trial.Row)];

        public void Save(TrialRow trial) =>
            written[trial.Number] = trial with { Reports = Find(trial.Number)?.Reports ?? [] };

        public void Save(int number, TrialReport report) => written[number] = Find(number)!.With(report);

        public void ForgetReports(int number, int step) => written[number] = Find(number)!.WithoutReportsAfter(step);

        public void Commit()
        {
            storage.definition = Definition;
            if (written.Count == 0) return;
            storage.revision++;
            foreach (TrialRow row in written.Values)
            {
                if (row.Number == storage.trials.Count) storage.trials.Add((row, storage.revision));
                else storage.trials[row.Number] = (row, storage.revision);
            }
        }

        private TrialRow? Find(int number) =>
            written.TryGetValue(number, out TrialRow? row) ? row : number < storage.trials.Count ? storage.trials[number].Row : null;
    }
}
