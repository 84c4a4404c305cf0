using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests;

[TestClass]
public sealed class NetworkSummaryTests
{
    [TestMethod]
    public void Summary_Mlp_ListsLayersShapesAndParameters()
    {
        Network network = Networks.Mlp(ActivationFunction.Relu, 28, 128, 1);

        new FittedNetwork(network, Networks.Weights(network), new LinearOutput(2.5f, 10) { Minimum = 0 }).Summary().Should().Be(
            """
            layer                kind                in  out  trained  kept
            layers.0             Dense               28  128    3,712     0
            layers.0.activation  Activation (Relu)  128  128        0     0
            output               Dense              128    1      129     0
            3,841 trained parameters, 0 kept values
            output: raw * 2.5 + 10, from 0 to Infinity

            """.ReplaceLineEndings("\n"));
    }

    [TestMethod]
    public void Summary_ResidualAndMembers_ShowsBlocksAndTheAverage()
    {
        Network network = Networks.OfEveryKind["residual"];

        string summary = new FittedNetwork(network, [Networks.Weights(network), Networks.Weights(network, 2)], new LinearOutput([1, 1], [0, 0])).Summary();

        summary.Should().Contain("\n  layers.1.a").And.Contain("in each of 2 networks").And.Contain("output: raw * scale + shift, 2 numbers\n");
    }

    [TestMethod]
    public void Summary_MembersThatShareWeights_CountsThemOnce()
    {
        var network = new Network([new EnsembleDense("layers.0", 6, 4, 3, FansOut: true), new EnsembleDense("output", 4, 1, 3, FansOut: false)]);

        string summary = new FittedNetwork(network, Networks.Weights(network), new LinearOutput()).Summary();

        // 6 x 4 and 3 (6 + 4 + 4); 4 x 1 and 3 (4 + 1 + 1).
        summary.Should().Contain("EnsembleDense (3 members share 6 x 4)").And.Contain("88 trained parameters").And.Contain("3 members that share weights, whose predictions are averaged");
    }

    [TestMethod]
    public void Summary_BatchNorm_TellsKeptValuesFromTrainedOnes() =>
        Networks.Fitted(Networks.OfEveryKind["batchNorm"]).Summary().Should().Contain("42    42").And.Contain("299 trained parameters, 42 kept values");
}
