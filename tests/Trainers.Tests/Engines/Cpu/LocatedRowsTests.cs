using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

[TestClass]
public sealed unsafe class LocatedRowsTests
{
    private const int Rows = 90, Columns = 6;

    [TestMethod]
    public void Read_AfterWrite_GivesWhatWasWritten()
    {
        Network network = Encoded();
        LocatedRows located = LocatedRows.For(network, Rows)!;
        float[] weights = new float[network.Layout.Length];
        located.Check(weights);
        int[] numbers = [7, 3, 89, 0], other = [7, 4];
        const int Room = 32;
        int[] bins = [.. Enumerable.Range(0, 3 * Room).Select(i => i % 65)], foundBins = new int[3 * Room];
        float[] fractions = [.. Enumerable.Range(0, 3 * Room).Select(i => i / 96f)], found = new float[3 * Room];
        fixed (int* n = numbers, o = other, b = bins, fb = foundBins)
        fixed (float* f = fractions, ff = found)
        {
            located.Read(n, 4, fb, ff, Room).Should().BeFalse("no row was seen");
            located.Write(n, 4, b, f, Room);
            located.Read(o, 2, fb, ff, Room).Should().BeFalse("row 4 was not seen");
            located.Check(weights);
            located.Read(n, 4, fb, ff, Room).Should().BeTrue();
            for (int column = 0; column < 3; column++)
            {
                foundBins.AsSpan(column * Room, 4).ToArray().Should().Equal(bins.AsSpan(column * Room, 4).ToArray());
                found.AsSpan(column * Room, 4).ToArray().Should().Equal(fractions.AsSpan(column * Room, 4).ToArray());
            }
            network.Layout["e.edges"].In(weights.AsSpan())[5] = 0.25f;
            located.Check(weights);
            located.Read(n, 4, fb, ff, Room).Should().BeFalse("the edges changed");
            located.Write(n, 4, b, f, Room);
            network.Layout["missing.replacement"].In(weights.AsSpan())[1] = 2;
            located.Check(weights);
            located.Read(n, 4, fb, ff, Room).Should().BeFalse("what stands for missing numbers changed");
        }
    }

    [TestMethod]
    public void For_InputsOfTheEmbeddingThatAreNotTheData_Null()
    {
        var embedding = new NumericEmbedding("e", Columns, [0, 2, 3], bins: 5, frequencies: 0, width: 3);
        LocatedRows.For(new Network([embedding]), Rows).Should().NotBeNull();
        LocatedRows.For(new Network([new Dense("d", 4, Columns), embedding]), Rows).Should().BeNull("they are learned");
        LocatedRows.For(new Network([new Dropout("d", Columns, 0.5f), embedding]), Rows).Should().BeNull("they are random");
        LocatedRows.For(new Network([new Dense("d", Columns, 4)]), Rows).Should().BeNull();
        LocatedRows.For(new Network([embedding]), 1 << 18).Should().NotBeNull();
        LocatedRows.For(new Network([embedding]), (1 << 18) + 1).Should().BeNull("they are too many to look up");
        LocatedRows.For(new Network([new NumericEmbedding("e", Columns, [0], bins: 0, frequencies: 3, width: 3)]), Rows).Should().BeNull("there are no bins");
        CategoricalEmbedding Categories(int column) => new("c", Columns, [new CategoricalColumn(column, 3, 1)]);
        LocatedRows.For(new Network([Categories(5), embedding]), Rows).Should().NotBeNull();
        LocatedRows.For(new Network([Categories(1), new NumericEmbedding("e", Columns, [0, 5], bins: 5, frequencies: 0, width: 3)]), Rows).Should().BeNull("the last column is a learned vector");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void ForwardBackward_RowsSeenBefore_TheSameBitsAsOfAnEngineThatSeesThemFirst(int threads)
    {
        Network network = Encoded();
        TrainingData data = Cases.Data(Rows, Columns);
        Span<float> features = data.Features.Span;
        for (int row = 0; row < Rows; row += 7) features[row * Columns + row % 4] = float.NaN;
        for (int row = 0; row < Rows; row++) features[row * Columns + 5] = row % 4;
        using var engine = new CpuEngine(network, new SquaredError(), data, seed: 1, threads);
        var random = new Random(5);
        for (int round = 0; round < 6; round++)
        {
            // New weights in each round; every other round, new edges too.
            foreach (ParameterSlot slot in network.Layout)
                if (slot.Spec.IsTrainable)
                    foreach (ref float weight in slot.In(engine.Weights.Span)) weight = random.NextSingle() - 0.5f;
            network.Layout["e.scale"].In(engine.Weights.Span).Fill(1);
            Span<float> edges = network.Layout["e.edges"].In(engine.Weights.Span);
            if (round % 2 == 0)
                for (int i = 0; i < edges.Length; i++) edges[i] = i % 6 + random.NextSingle() - 3;
            int[] rows = [.. Enumerable.Range(0, Rows)];
            random.Shuffle(rows);
            using var fresh = new CpuEngine(network, new SquaredError(), data, seed: 1, threads);
            engine.Weights.CopyTo(fresh.Weights);
            double loss = engine.ForwardBackward(rows, 1.0 / Rows, accumulate: false, new StepSettings(round));
            loss.Should().Be(fresh.ForwardBackward(rows, 1.0 / Rows, accumulate: false, new StepSettings(round)));
            engine.Gradients.Span[..network.Layout.TrainableLength].SequenceEqual(fresh.Gradients.Span[..network.Layout.TrainableLength]).Should().BeTrue();
        }
    }

    private static Network Encoded() => new(
        [
            new MissingValues("missing", Columns), new CategoricalEmbedding("c", Columns, [new CategoricalColumn(5, 3, 2)]),
            new NumericEmbedding("e", Columns + 1, [0, 2, 3], bins: 5, frequencies: 4, width: 3), new Dense("d", 16, 1),
        ]);
}
