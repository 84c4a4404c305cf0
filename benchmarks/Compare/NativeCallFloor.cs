using TorchSharp;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>What crossing into libtorch costs: a call that does nothing there, and its smallest operation. Whoever steps through libtorch pays at least one operation.</summary>
internal static class NativeCallFloor
{
    private const int Calls = 100;

    public static IEnumerable<Contestant> All()
    {
        torch.Tensor number = torch.ones(1);
        long seen = 0;
        yield return new Hundredth("floor: one native call", () =>
        {
            for (int i = 0; i < Calls; i++) seen += number.dim();
            GC.KeepAlive(seen);
        });
        yield return new Hundredth("floor: one operation of libtorch", () =>
        {
            for (int i = 0; i < Calls; i++) number.neg_();
        });
    }

    /// <summary>A step is one call: too short to be a delegate each.</summary>
    private sealed class Hundredth(string name, Action calls) : Contestant(name)
    {
        public override void Steps(int count)
        {
            for (; count > 0; count -= Calls) calls();
        }
    }
}
