using System.Diagnostics;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Lanes;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>One AdamW step on one core: this library, TorchSharp's AdamW and libtorch's fused one, in turns in one process.</summary>
internal sealed class OptimizerSteps : Command
{
    private const int Rounds = 300;
    private const double ChunkSeconds = 2e-4;

    // Long enough for the last stage of compilation, which runs beside.
    private const double WarmUpSeconds = 1;

    // Results are bound to a name: without a use the call is removed as dead code.
    private const string Fused =
        """
        def step(w: Tensor, g: Tensor, m: Tensor, v: Tensor, t: Tensor):
            t.add_(1)
            ws = [w]
            torch._fused_adamw_(ws, [g], [m], [v], [], [t], lr=0.001, beta1=0.9, beta2=0.999, weight_decay=0.01, eps=1e-8, amsgrad=False, maximize=False)
            return ws[0]

        """;

    public override string Name => "optimizer-steps";

    public override string Summary => "time of one AdamW step against TorchSharp's and libtorch's fused one";

    public override int Run(IReadOnlyList<string> arguments)
    {
        Libtorch.EnsureLoaded();
        int threads = torch.get_num_threads();
        bool met;
        torch.set_num_threads(1);
        try
        {
            Console.WriteLine("parameters      ours us   TorchSharp / ours (best, median)   fused / ours (best, median)   ours bytes/step");
            // The smallest is a linear model's: what a step costs beside its arithmetic.
            Compare(14, bar: 0);
            met = Compare(20_353, bar: 3.5) & Compare(334_346, bar: 2.5);
        }
        finally
        {
            torch.set_num_threads(threads);
        }
        Console.WriteLine(met
            ? "Bars met: 3.5 and 2.5 times TorchSharp's AdamW, 1.0 times libtorch's fused one, no managed allocation."
            : "Bars missed: 3.5 and 2.5 times TorchSharp's AdamW, 1.0 times libtorch's fused one, no managed allocation.");
        return met ? 0 : 1;
    }

    private static bool Compare(int count, double bar)
    {
        using var scope = torch.NewDisposeScope();
        ParameterLayout layout = new([new ParameterSpec("w", [count], ParameterRole.Weight)]);
        Memory<float> weights = AlignedMemory.Allocate<float>(layout.Length), gradients = AlignedMemory.Allocate<float>(layout.Length);
        Random random = new(1);
        foreach (ref float gradient in gradients.Span[..count]) gradient = random.NextSingle() - 0.5f;
        ParameterUpdater updater = new(Optimizers.AdamW(1e-3, weightDecay: 0.01), [], null, TrainingPlan.OfSteps(long.MaxValue >> 12), layout, weights, gradients);
        long step = 0;
        Action ours = () => updater.Step(step++);

        using var parameter = new TorchSharp.Modules.Parameter(torch.zeros(count));
        parameter.grad = torch.tensor(gradients.Span[..count].ToArray());
        using torch.optim.Optimizer adamW = torch.optim.AdamW([parameter], lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01);
        Action theirs = () => adamW.step();

        using torch.jit.CompilationUnit unit = torch.jit.compile(Fused);
        object[] arguments = [torch.zeros(count), parameter.grad, torch.zeros(count), torch.zeros(count), torch.zeros(1)];
        Action fused = () =>
        {
            using var result = (torch.Tensor)unit.invoke("step", arguments)!;
        };

        Action[] contestants = [ours, theirs, fused];
        int[] chunk = [.. contestants.Select(Chunk)];
        double[][] times = [.. contestants.Select(_ => new double[Rounds])];
        using var noGradient = torch.no_grad();
        for (int round = 0; round < Rounds; round++)
            for (int k = 0; k < contestants.Length; k++) times[k][round] = Time(contestants[k], chunk[k]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int k = 0; k < 100; k++) ours();
        double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / 100.0;

        float moved = weights.Span[0], fusedMoved = ((torch.Tensor)arguments[0])[0].item<float>();
        if (moved == 0 || fusedMoved == 0) throw new InvalidOperationException("A contestant did not move its weights.");
        Console.WriteLine($"{count,10:N0} {times[0].Min() * 1e6,12:F2}   {Ratio(times, 1),32}   {Ratio(times, 2),27}   {bytes,15:F0}");
        return times[1].Min() >= bar * times[0].Min() && times[2].Min() >= times[0].Min() && bytes == 0;
    }

    /// <summary>Calls that take about the time of a chunk, after enough of them to be compiled.</summary>
    private static int Chunk(Action action)
    {
        using var noGradient = torch.no_grad();
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds;) action();
        return Math.Max(1, (int)(ChunkSeconds / Time(action, 20)));
    }

    private static double Time(Action action, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int k = 0; k < calls; k++) action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }

    private static string Ratio(double[][] times, int k)
    {
        double[] ratios = [.. times[k].Zip(times[0], (theirs, ours) => theirs / ours).Order()];
        return $"{times[k].Min() / times[0].Min():F2}, {ratios[ratios.Length / 2]:F2}";
    }
}
