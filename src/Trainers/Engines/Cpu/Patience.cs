namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Waiting for another thread that gets more polite: busy, then giving the processor away, then sleeping.</summary>
internal struct Patience
{
    /// <summary>Turns of waiting busily.</summary>
    public const int BusyTurns = 1000;

    private int turns;

    public void Wait()
    {
        turns++;
        if (turns < BusyTurns) Thread.SpinWait(8);
        else if (turns < 2 * BusyTurns) Thread.Yield();
        else Thread.Sleep(0);
    }
}
