using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using TorchSharp;
using static TorchSharp.torch;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>
/// The matrix products of one step and nothing else, in blocks of rows as the engine does them: forward, weight gradients, and input gradients of all layers but
/// the first. Nobody who trains exactly can be faster; half of it is the floor of two cores. The products on two cores at once say how much of that the machine can give.
/// </summary>
internal static unsafe class GemmFloor
{
    private sealed record Product(int Rows, int Columns, int Depth, bool LeftTransposed, bool RightTransposed);

    // Rows that go through all products together: their activations stay in the second cache.
    private const int BlockRows = 256;

    public const string Library = "floor: libtorch's products, 1 core";
    public const string Own = "floor: own products, 1 core";
    public const string OwnOnTwo = "floor: own products, 2 cores at once";

    /// <summary>libtorch's and the own products on one core, and the own ones on two.</summary>
    public static IEnumerable<Contestant> Of(Workload workload) => [.. OneCore(workload), new TwoAtOnce(workload)];

    /// <summary>libtorch's products and the own ones.</summary>
    public static IEnumerable<Contestant> OneCore(Workload workload)
    {
        yield return new LibraryProducts([.. Products(workload)]);
        (Action block, int blocks) = Blocks(workload);
        yield return new Repeat(Own, () =>
        {
            for (int i = 0; i < blocks; i++) block();
        });
    }

    /// <summary>The blocks of all steps, half of them on each of two cores.</summary>
    private sealed class TwoAtOnce(Workload workload) : Contestant(OwnOnTwo)
    {
        private readonly (Action Block, int Blocks)[] cores = [Blocks(workload), Blocks(workload)];
        private readonly WorkerPool pool = new(2);

        public override void Steps(int count) => pool.Run(cores.Length, (part, parts) =>
        {
            (Action block, int blocks) = cores[part];
            int all = count * blocks, mine = all * (part + 1) / parts - all * part / parts;
            for (int i = 0; i < mine; i++) block();
        });

        public override void Dispose() => pool.Dispose();
    }

    private static (Action Block, int Blocks) Blocks(Workload workload)
    {
        int blocks = Math.Max(1, workload.Batch / BlockRows);
        return (OwnProducts([.. Products(workload with { Batch = workload.Batch / blocks })]), blocks);
    }

    /// <summary>The products of the forward pass alone.</summary>
    public static Contestant Forward(Workload workload) =>
        new Repeat(Own, OwnProducts([.. Products(workload).Where(product => !product.LeftTransposed && !product.RightTransposed)]));

    private static IEnumerable<Product> Products(Workload workload)
    {
        for (int i = 0; i + 1 < workload.Sizes.Length; i++)
        {
            (int inputs, int outputs) = (workload.Sizes[i], workload.Sizes[i + 1]);
            yield return new(workload.Batch, outputs, inputs, false, false);
            yield return new(inputs, outputs, workload.Batch, true, false);
            if (i > 0) yield return new(workload.Batch, inputs, outputs, false, true);
        }
    }

    private sealed class LibraryProducts : Contestant
    {
        private readonly List<(Tensor A, Tensor B, Tensor C)> work = [];

        public LibraryProducts(Product[] products) : base(Library)
        {
            foreach (Product p in products)
            {
                Tensor a = p.LeftTransposed ? randn(p.Depth, p.Rows).t() : randn(p.Rows, p.Depth);
                Tensor b = p.RightTransposed ? randn(p.Columns, p.Depth).t() : randn(p.Depth, p.Columns);
                work.Add((a, b, zeros(p.Rows, p.Columns)));
            }
        }

        public override void Steps(int count)
        {
            int before = get_num_threads();
            set_num_threads(1);
            using (no_grad())
                for (; count > 0; count--)
                    foreach ((Tensor a, Tensor b, Tensor c) in work) c.addmm_(a, b, beta: 0, alpha: 1);
            set_num_threads(before);
        }
    }

    private static Action OwnProducts(Product[] products)
    {
        List<Action> work = [];
        foreach (Product p in products)
        {
            // A single column or row goes the way that the engine goes: dot products, and a product whose rows are the outputs.
            Product own = p is { Columns: 1, LeftTransposed: true } ? p with { Rows = 1, Columns = p.Rows, LeftTransposed = false } : p;
            int lda = LayerPass.Stride(own.LeftTransposed ? own.Rows : own.Depth), ldc = LayerPass.Stride(own.Columns);
            Memory<float> a = RandomMemory.Allocate((own.LeftTransposed ? own.Depth : own.Rows) * lda), c = RandomMemory.Allocate(own.Rows * ldc);
            float* pa = Address(a), pc = Address(c);
            if (own.Columns == 1)
            {
                Memory<float> w = RandomMemory.Allocate(own.Depth);
                float* pw = Address(w);
                work.Add(() =>
                {
                    RowProduct.Dot(pa, lda, own.Rows, own.Depth, pw, 0, pc, 1);
                    GC.KeepAlive(a);
                });
                continue;
            }
            var b = new PackedMatrix(own.Depth, own.Columns);
            b.Pack(RandomMemory.Allocate(own.Depth * own.Columns).Span, own.Depth, own.Columns);
            work.Add(() => Gemm.Multiply(pa, own.LeftTransposed ? 1 : lda, own.LeftTransposed ? lda : 1, b.Panels, null, pc, ldc, own.Rows, own.Columns, own.Depth));
            kept.Add(a);
            kept.Add(c);
        }
        return () =>
        {
            foreach (Action product in work) product();
        };
    }

    private static readonly List<Memory<float>> kept = [];

    private static float* Address(Memory<float> pinned)
    {
        kept.Add(pinned);
        fixed (float* p = pinned.Span) return p;
    }
}
