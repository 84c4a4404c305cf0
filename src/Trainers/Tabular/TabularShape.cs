using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>A network with its front fitted to the rows, and the settings to train it with.</summary>
/// <param name="Network">The network.</param>
/// <param name="Encoding">Its front; null if the network is that of a model to go on from.</param>
/// <param name="Options">Resolved, with the groups that the network has.</param>
/// <param name="Name">What it is called beside another one; empty if it is the only one.</param>
internal sealed record TabularShape(Network Network, TabularEncoding? Encoding, TorchTabularOptions Options, string Name = "")
{
    // An encoded column is 8 numbers wide: with more columns than this the first layer would outweigh the others together, and small tables have too few rows for it.
    private const int MostEncodedColumns = 128;

    private const string EncodedName = "encoded";

    /// <summary>Of a model to go on from.</summary>
    public static TabularShape Of(Network network, TorchTabularOptions options) => new(network, null, WithGroups(options, network));

    /// <summary>
    /// The networks that come into question: one, or two where numbers are so many that held-out rows must tell whether encodings help. Few numbers are encoded;
    /// of many, each carries little by itself.
    /// </summary>
    /// <param name="data">The training rows.</param>
    /// <param name="categorical">The columns that hold category codes.</param>
    /// <param name="options">Resolved.</param>
    /// <param name="outputs">Numbers per row out.</param>
    /// <param name="holdsOut">Whether there will be held-out rows.</param>
    /// <param name="columnsDone">Called after each column; throws to cancel.</param>
    public static IReadOnlyList<TabularShape> Of(
        TrainingData data, IReadOnlySet<int> categorical, TorchTabularOptions options, int outputs, bool holdsOut, Action columnsDone)
    {
        TabularShape usual = Build(options, "");
        int numbers = usual.Encoding!.Numbers.Count;
        if (!holdsOut || !options.Encodes || options.MaximumEncodedColumns is not null || numbers is <= TabularEncoding.UsualMaximum or > MostEncodedColumns) return [usual];
        var encoded = (TorchTabularOptions)options.Copy();
        encoded.MaximumEncodedColumns = numbers;
        return [usual, Build(encoded, EncodedName)];

        TabularShape Build(TorchTabularOptions own, string name)
        {
            var encoding = new TabularEncoding(data, categorical, own, columnsDone);
            Network network = TabularNetwork.Build(encoding, own, outputs);
            return new TabularShape(network, encoding, WithGroups(own, network), name);
        }
    }

    private static TorchTabularOptions WithGroups(TorchTabularOptions options, Network network)
    {
        var own = (TorchTabularOptions)options.Copy();
        own.ParameterGroups = Recipe.Groups(network.Layout, options.ParameterGroups);
        return own;
    }
}
