using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>What an optimizer sees: a group of parameters, one layer of it, or one worker's share of it, through lanes.</summary>
internal readonly ref struct Parameters<T> where T : struct, ILane<T>
{
    private readonly Store<T> store;
    private readonly ReadOnlySpan<Run> runs;
    private readonly Run window;
    private readonly bool othersRead;

    /// <summary>The lanes of a group that lie in a window.</summary>
    /// <param name="store">The group.</param>
    /// <param name="window">The window.</param>
    /// <param name="othersRead">Whether other threads read the weights next.</param>
    public Parameters(Store<T> store, Run window, bool othersRead = false)
    {
        this.store = store;
        this.window = window;
        this.othersRead = othersRead;
        runs = store.Runs;
        Scalars = store.Scalars;
    }

    private Parameters(Store<T> store, Run window, StoredLayer layer)
    {
        this.store = store;
        this.window = window;
        Layer = layer;
        runs = new ReadOnlySpan<Run>(in layer.Run);
        Scalars = layer.Scalars;
    }

    /// <summary>Weights, indexed like every slot.</summary>
    public Span<T> Weights => store.Weights;

    /// <summary>Gradients, indexed like every slot.</summary>
    public Span<T> Gradients => store.Gradients;

    /// <summary>Whether there is nothing to do: state is being declared.</summary>
    public bool IsEmpty => window.From == window.To;

    /// <summary>The layer, when this is one.</summary>
    public StoredLayer? Layer { get; }

    /// <summary>State that is a few numbers of this group, or of this layer.</summary>
    public Scalars Scalars { get; }

    /// <summary>State: one number per parameter, under a name that is its key in checkpoints. Asking for it declares it.</summary>
    public Span<T> this[string slot, double initial = 0] => store.Slot(slot, initial);

    /// <summary>Each parameter tensor of this group.</summary>
    public LayerEnumerator EachLayer => new(store, window);

    /// <summary>One pass of a rule over every parameter.</summary>
    public unsafe void Apply<TRule>(TRule rule) where TRule : IRule<T>, allows ref struct
    {
        foreach (Run run in runs)
        {
            int from = Math.Max(run.From, window.From), to = Math.Min(run.To, window.To);
            if (from >= to) continue;
            Span<T> weights = Weights;
            fixed (byte* pinned = othersRead ? MemoryMarshal.AsBytes(weights) : default)
            {
                if (othersRead && (nuint)pinned % (nuint)Unsafe.SizeOf<T>() == 0) LoopAside(rule, weights, Gradients, from, to);
                else Loop(rule, weights, Gradients, from, to);
            }
        }
    }

    /// <summary>The sum of a term over every parameter, in double, in an order that does not depend on the lane's width.</summary>
    public double Sum<TTerm>(TTerm term) where TTerm : ITerm<T>, allows ref struct
    {
        LaneSums sums = default;
        foreach (Run run in runs)
        {
            int from = Math.Max(run.From, window.From), to = Math.Min(run.To, window.To);
            if (from < to) SumLoop(term, ref sums, from, to);
        }
        return store.Total(ref sums);
    }

    /// <summary>The sum of squares.</summary>
    public double SumOfSquares(ReadOnlySpan<T> a) => Sum(new Square(a));

    /// <summary>The sum of products.</summary>
    public double Dot(ReadOnlySpan<T> a, ReadOnlySpan<T> b) => Sum(new Product(a, b));

    /// <summary>The Euclidean norm.</summary>
    public double Norm(ReadOnlySpan<T> a) => Math.Sqrt(SumOfSquares(a));

    /// <summary>The sum of absolute values.</summary>
    public double SumOfMagnitudes(ReadOnlySpan<T> a) => Sum(new Magnitude(a));

    /// <summary>The largest absolute value.</summary>
    public double LargestMagnitude(ReadOnlySpan<T> a)
    {
        double largest = 0;
        foreach (StoredLayer layer in store.Layers)
        {
            Matrix values = layer.Scratch("magnitudes", layer.Rows, layer.Columns);
            store.Read(a, layer, values.Values);
            foreach (double value in values.Values) largest = Math.Max(largest, Math.Abs(value));
        }
        return largest;
    }

    /// <summary>The number of values, without padding.</summary>
    public int Count
    {
        get
        {
            if (Layer is not null) return Layer.Spec.Count;
            int count = 0;
            foreach (StoredLayer layer in store.Layers) count += layer.Spec.Count;
            return count;
        }
    }

    /// <summary>Carries out what has been asked for so far, before somebody else looks at the weights.</summary>
    public void Settle() => store.Settle();

    /// <summary>The relative precision of the numbers.</summary>
    public double MachineEpsilon => store.MachineEpsilon;

    /// <summary>A slot of this layer as a matrix in double, in memory that is the same at every step.</summary>
    public Matrix Read(ReadOnlySpan<T> slot, string scratch)
    {
        Matrix matrix = Layer!.Scratch(scratch, Layer.Rows, Layer.Columns);
        if (!IsEmpty) store.Read(slot, Layer, matrix.Values);
        return matrix;
    }

    /// <summary>Writes a matrix into a slot of this layer.</summary>
    public void Write(Matrix matrix, Span<T> slot) => store.Write(matrix.Values, Layer!, slot);

    /// <summary>Copies this group's lanes of one slot to another.</summary>
    public void Copy(ReadOnlySpan<T> source, Span<T> target)
    {
        foreach (Run run in runs)
        {
            int from = Math.Max(run.From, window.From), to = Math.Min(run.To, window.To);
            if (from < to) source[from..to].CopyTo(target[from..to]);
        }
    }

    /// <summary>
    /// The hot loop. It stays a method without other calls: with one more, the constants of the rule spill to the stack. It is never inlined:
    /// the compiler's last stage would do so, and SGD with momentum and Lion would then take fourteen times as long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Loop<TRule>(TRule rule, Span<T> w, ReadOnlySpan<T> g, int from, int to) where TRule : IRule<T>, allows ref struct
    {
        for (int i = from; i < to; i++) w[i] = rule.Update(i, w[i], g[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void LoopAside<TRule>(TRule rule, Span<T> w, ReadOnlySpan<T> g, int from, int to) where TRule : IRule<T>, allows ref struct
    {
        for (int i = from; i < to; i++) T.StoreAside(rule.Update(i, w[i], g[i]), ref w[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void SumLoop<TTerm>(TTerm term, ref LaneSums sums, int from, int to) where TTerm : ITerm<T>, allows ref struct
    {
        for (int i = from; i < to; i++) T.AddTo(ref sums, i, term.At(i));
    }

    private readonly ref struct Square(ReadOnlySpan<T> a) : ITerm<T>
    {
        private readonly ReadOnlySpan<T> a = a;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => a[i] * a[i];
    }

    private readonly ref struct Product(ReadOnlySpan<T> a, ReadOnlySpan<T> b) : ITerm<T>
    {
        private readonly ReadOnlySpan<T> a = a;
        private readonly ReadOnlySpan<T> b = b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => a[i] * b[i];
    }

    private readonly ref struct Magnitude(ReadOnlySpan<T> a) : ITerm<T>
    {
        private readonly ReadOnlySpan<T> a = a;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => T.Abs(a[i]);
    }

    /// <summary>Walks over the layers of a group.</summary>
    public ref struct LayerEnumerator(Store<T> store, Run window)
    {
        private int index = -1;

        public readonly LayerEnumerator GetEnumerator() => this;

        public bool MoveNext() => ++index < store.Layers.Length;

        public readonly Parameters<T> Current => new(store, window, store.Layers[index]);
    }
}
