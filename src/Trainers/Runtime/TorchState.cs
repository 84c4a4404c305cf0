using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Runtime;

/// <summary>
/// Sets libtorch's thread count and gradient mode for the calling thread, and TF32 for the process, and puts them back when disposed, on
/// the same thread.
/// Scopes may nest, and scopes of several threads may overlap: a thread that meets libtorch for the first time takes over the count
/// that any thread set last, so the outermost scope of each thread restores the count from before the first of all open scopes.
/// </summary>
internal sealed class TorchState : IDisposable
{
    private static readonly Lock gate = new();
    private static int open;
    private static int before;
    private static int openTf32;
    private static (bool Products, bool Convolutions) tf32Before;

    [ThreadStatic]
    private static int? current;

    private readonly int thread = Environment.CurrentManagedThreadId;
    private readonly int? outer;
    private readonly IDisposable? gradients;
    private readonly bool tf32;
    private bool disposed;

    private TorchState(int? threads, bool? gradients, bool tf32)
    {
        this.tf32 = tf32;
        outer = SetThreads(threads);
        lock (gate)
        {
            if (tf32 && openTf32++ == 0)
            {
                tf32Before = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32);
                (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (true, true);
            }
        }
        if (gradients is { } wanted) this.gradients = torch.set_grad_enabled(wanted);
    }

    /// <summary>Enters a scope; null, or false for TF32, leaves that setting as it is. libtorch must be loaded.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is less than 1.</exception>
    public static TorchState Enter(int? threads = null, bool? gradients = null, bool tf32 = false)
    {
        if (threads < 1) throw new ArgumentOutOfRangeException(nameof(threads), $"threads must be 1 or more but was {threads}. Leave it out to use libtorch's own choice.");
        return new TorchState(threads, gradients, tf32);
    }

    /// <summary>One thread for what the calling thread asks of libtorch, until the scope is left: <see cref="Enter"/> for every step, without an object.</summary>
    public static OneThreadScope OneThread() => new(SetThreads(1));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        if (Environment.CurrentManagedThreadId != thread) throw new InvalidOperationException("A torch scope must be left on the thread that entered it.");
        disposed = true;
        gradients?.Dispose();
        RestoreThreads(outer);
        lock (gate)
        {
            if (tf32 && --openTf32 == 0) (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = tf32Before;
        }
    }

    /// <returns>What an outer scope of this thread had set.</returns>
    private static int? SetThreads(int? threads)
    {
        lock (gate)
        {
            // Asked in every thread: the first question, or else the first product, takes over the count that any thread set last, and would undo what is set here.
            int now = torch.get_num_threads();
            if (open++ == 0) before = now;
            int? outer = current;
            current = threads ?? outer ?? before;
            torch.set_num_threads(current.Value);
            return outer;
        }
    }

    private static void RestoreThreads(int? outer)
    {
        lock (gate)
        {
            current = outer;
            torch.set_num_threads(outer ?? before);
            open--;
        }
    }

    /// <summary>See <see cref="OneThread"/>.</summary>
    public readonly ref struct OneThreadScope(int? outer) : IDisposable
    {
        private readonly int? outer = outer;

        /// <inheritdoc/>
        public void Dispose() => RestoreThreads(outer);
    }
}
