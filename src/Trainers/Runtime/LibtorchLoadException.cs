namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// libtorch, or TorchSharp's native part, could not be loaded. The message says what is missing and what to install or set.
/// Nothing was trained. The same process gives the same answer again: the operating system's loader cannot be asked afresh.
/// </summary>
public sealed class LibtorchLoadException : DllNotFoundException
{
    /// <summary>An error with its advice and, where there is one, the loader's own error.</summary>
    internal LibtorchLoadException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
