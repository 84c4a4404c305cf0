using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>What the header of a file says about one tensor.</summary>
/// <param name="Name">The name, unique in its file.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The dimensions, row-major.</param>
/// <param name="Offset">Where its bytes start, counted from the start of the file.</param>
/// <param name="Length">How many bytes it has.</param>
internal sealed record TensorEntry(string Name, TensorType Type, ImmutableArray<long> Shape, long Offset, long Length);
