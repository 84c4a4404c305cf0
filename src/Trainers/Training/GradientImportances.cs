using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>The mean sizes of a score's derivatives by the features.</summary>
internal sealed class GradientImportances : IDisposable
{
    private readonly FittedNetwork fitted;
    private readonly Network network;
    private readonly InputGradients[] members;

    public GradientImportances(FittedNetwork fitted)
    {
        this.fitted = fitted;
        network = fitted.Network;
        members = [.. Enumerable.Range(0, fitted.Members).Select(member => InputGradients.Of(network, fitted.Weights(member)))];
    }

    public void Dispose()
    {
        foreach (InputGradients member in members) member.Dispose();
    }

    /// <summary>The columns that hold codes of categories: they have no gradient.</summary>
    public IReadOnlyList<int> Categories => network.Layers
        .SkipWhile(layer => layer is MissingIndicators or MissingValues).Take(1).OfType<CategoricalEmbedding>()
        .SelectMany(layer => layer.Columns.Select(column => column.Index)).Where(column => column < network.Inputs).ToArray();

    /// <summary>For each feature the mean |d score / d feature| over the rows, and over the numbers of the score.</summary>
    /// <param name="rows">Rows without gaps.</param>
    /// <param name="count">How many.</param>
    public double[] MeanAbsoluteGradients(ReadOnlySpan<float> rows, int count)
    {
        int inputs = network.Inputs, outputs = network.Outputs, averaged = members.Length * network.Members, ownRaw = outputs * members.Length;
        var sums = new double[inputs];
        float[][] outputsOf = [.. members.Select(_ => new float[InputGradients.BlockRows * outputs])];
        float[] raw = new float[ownRaw], slopes = new float[ownRaw], slopesOfBlock = new float[InputGradients.BlockRows * ownRaw];
        float[] memberSlopes = new float[InputGradients.BlockRows * outputs], memberGradients = new float[InputGradients.BlockRows * inputs], gradients = new float[InputGradients.BlockRows * inputs];
        for (int first = 0; first < count; first += InputGradients.BlockRows)
        {
            int block = Math.Min(InputGradients.BlockRows, count - first);
            ReadOnlySpan<float> blockRows = rows.Slice(first * inputs, block * inputs);
            for (int member = 0; member < members.Length; member++) members[member].Outputs(blockRows, block, outputsOf[member]);
            for (int place = 0; place < fitted.Predictions; place++)
            {
                for (int row = 0; row < block; row++)
                {
                    for (int member = 0; member < members.Length; member++) outputsOf[member].AsSpan(row * outputs, outputs).CopyTo(raw.AsSpan(member * outputs));
                    ScoreSlopes.Of(fitted.Output, raw, averaged, place, slopes);
                    slopes.CopyTo(slopesOfBlock.AsSpan(row * ownRaw));
                }
                Array.Clear(gradients);
                for (int member = 0; member < members.Length; member++)
                {
                    for (int row = 0; row < block; row++) slopesOfBlock.AsSpan(row * ownRaw + member * outputs, outputs).CopyTo(memberSlopes.AsSpan(row * outputs));
                    members[member].Backward(blockRows, block, memberSlopes, memberGradients);
                    for (int i = 0; i < block * inputs; i++) gradients[i] += memberGradients[i];
                }
                for (int row = 0; row < block; row++)
                    for (int input = 0; input < inputs; input++) sums[input] += Math.Abs((double)gradients[row * inputs + input]);
            }
        }
        return [.. sums.Select(sum => sum / ((double)count * fitted.Predictions))];
    }

    /// <summary>The mean |change of the score| when each row takes the value that the row half the data away has in one column.</summary>
    public double MeanChange(ReadOnlySpan<float> rows, int count, int column)
    {
        int inputs = network.Inputs;
        float[] changed = rows.ToArray(), before = new float[count * fitted.Predictions], after = new float[before.Length];
        for (int row = 0; row < count; row++) changed[row * inputs + column] = rows[(row + count / 2) % count * inputs + column];
        fitted.Predict(rows, before);
        fitted.Predict(changed, after);
        double sum = 0;
        for (int i = 0; i < before.Length; i++) sum += Math.Abs((double)after[i] - before[i]);
        return sum / before.Length;
    }

    /// <summary>The standard deviation of a column's known values.</summary>
    public double Spread(ReadOnlySpan<float> rows, int count, int column)
    {
        double mean = 0, square = 0;
        int known = 0;
        for (int row = 0; row < count; row++)
        {
            double value = rows[row * network.Inputs + column];
            if (double.IsNaN(value)) continue;
            known++;
            // Welford: no cancellation.
            double delta = value - mean;
            mean += delta / known;
            square += delta * (value - mean);
        }
        return known == 0 ? 0 : Math.Sqrt(square / known);
    }
}
