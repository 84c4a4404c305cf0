namespace MlNetLr.Benchmarks.Compare;

/// <summary>One way to do the work of a step.</summary>
internal abstract class Contestant(string name) : IDisposable
{
    public string Name { get; } = name;

    /// <summary>Does that many steps, going on where the last call stopped.</summary>
    public abstract void Steps(int count);

    public virtual void Dispose() { }
}

/// <summary>A contestant that is one delegate.</summary>
internal sealed class Repeat(string name, Action step) : Contestant(name)
{
    public override void Steps(int count)
    {
        for (int i = 0; i < count; i++) step();
    }
}
