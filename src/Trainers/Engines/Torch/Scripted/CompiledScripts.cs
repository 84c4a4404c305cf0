using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>
/// Texts of this process and what they compiled to. TorchSharp never gives compiled code back to the system, so a text is compiled once and
/// kept: many fits of the same kind need no more memory than one. Functions may be called from several threads at once.
/// </summary>
internal static class CompiledScripts
{
    private static readonly ConcurrentDictionary<string, Lazy<jit.CompilationUnit>> Units = new(StringComparer.Ordinal);

    /// <summary>A text with an error ends the process: only texts that this library wrote, each form of them tested, may come here.</summary>
    public static jit.CompilationUnit Of(string text) => Units.GetOrAdd(text, static text => new(() => jit.compile(text))).Value;
}
