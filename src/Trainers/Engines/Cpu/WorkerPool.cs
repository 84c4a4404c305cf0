namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// Threads that help with short pieces of work. A job is a fixed number of parts; whoever is free takes the next one, the caller
/// included, so a helper that the system has put aside delays nothing that it has not begun. Which thread computes a part has no
/// influence on it. Helpers wait busily for a moment and then sleep.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private const int PartBits = 12;
    private const long PartMask = (1 << PartBits) - 1;

    private readonly Thread[] helpers;
    private readonly SemaphoreSlim wake = new(0);

    // A ticket: the job's number, its parts and the next part. One number, so that a late helper cannot take a part of another job.
    private long ticket;
    private int finished;
    private int sleeping;
    private volatile bool closed;
    private volatile Exception? failure;
    private Action<int, int> job = static (_, _) => { };

    /// <param name="threads">Threads that work at the same time, the caller included: 1 to 4095.</param>
    public WorkerPool(int threads)
    {
        Threads = Math.Clamp(threads, 1, (int)PartMask);
        helpers = new Thread[Threads - 1];
    }

    public int Threads { get; }

    /// <summary>Runs work(part, parts) for every part and returns when all are done. One caller at a time.</summary>
    public void Run(int parts, Action<int, int> work)
    {
        if (parts == 1 || Threads == 1)
        {
            for (int part = 0; part < parts; part++) work(part, parts);
            return;
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, (int)PartMask);
        if (helpers[0] is null) Start();
        job = work;
        Volatile.Write(ref finished, 0);
        long number = (Volatile.Read(ref ticket) >> (2 * PartBits)) + 1;
        Interlocked.Exchange(ref ticket, (number << (2 * PartBits)) | ((long)parts << PartBits));
        int asleep = Volatile.Read(ref sleeping);
        if (asleep > 0) wake.Release(Math.Min(asleep, parts - 1));
        while (TryWork()) { }
        var spinner = new Patience();
        while (Volatile.Read(ref finished) < parts) spinner.Wait();
        if (failure is { } first)
        {
            failure = null;
            throw new InvalidOperationException("A part of the work failed.", first);
        }
    }

    public void Dispose()
    {
        if (closed) return;
        closed = true;
        wake.Release(helpers.Length + 1);
        foreach (Thread helper in helpers) helper?.Join();
        wake.Dispose();
    }

    private void Start()
    {
        for (int i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(Help) { IsBackground = true, Name = "CpuEngine helper" };
            helpers[i].Start();
        }
    }

    private void Help()
    {
        while (!closed)
        {
            int turns = 0;
            while (!closed && turns < Patience.BusyTurns)
            {
                if (TryWork()) turns = 0;
                else
                {
                    Thread.SpinWait(8);
                    turns++;
                }
            }
            Interlocked.Increment(ref sleeping);
            // Work that came between the last look and the announcement would not have woken anybody.
            if (!TryWork() && !closed) wake.Wait();
            Interlocked.Decrement(ref sleeping);
        }
    }

    private bool TryWork()
    {
        long now = Volatile.Read(ref ticket);
        while (true)
        {
            int part = (int)(now & PartMask), parts = (int)((now >> PartBits) & PartMask);
            if (part >= parts) return false;
            long seen = Interlocked.CompareExchange(ref ticket, now + 1, now);
            if (seen == now)
            {
                try
                {
                    job(part, parts);
                }
                catch (Exception exception)
                {
                    failure = exception;
                }
                Interlocked.Increment(ref finished);
                return true;
            }
            now = seen;
        }
    }
}
