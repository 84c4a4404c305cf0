using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Faults.Threads;

/// <summary>Fits at the same time do not disturb each other: each has the bits of the same fit alone.</summary>
[TestClass]
public sealed class ConcurrentFitTests
{
    private const int AtOnce = 8;

    [TestMethod]
    [DataRow(EngineRun.Managed, 5)]
    [DataRow(EngineRun.Libtorch, 1)]
    public void Train_EightAtOnce_EachEqualsItsLoneRun(string engine, int rounds) => Compare(engine, rounds);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow(EngineRun.Managed)]
    [DataRow(EngineRun.Libtorch)]
    public void Train_EightAtOnceHundredRounds_EachEqualsItsLoneRun(string engine) => Compare(engine, 100);

    [TestMethod]
    public void Fit_OneTrainerOnEightThreads_EachEqualsItsLoneRun()
    {
        var context = new MLContext(seed: 1);
        IDataView data = MadeUp.View(context, 200);
        var trainer = context.Regression.Trainers.TorchMlp(EngineRun.Options());
        float[] Weights() => trainer.Fit(data).Model.Network.Weights().ToArray();
        float[] alone = Weights();
        foreach (float[] one in OnThreads(_ => Weights())) one.Should().Equal(alone);
    }

    private static void Compare(string engine, int rounds)
    {
        TrainingData data = MadeUp.Data(100);
        float[] Train(int seed)
        {
            var options = EngineRun.Options(epochs: 2);
            options.Seed = seed;
            return EngineRun.Train(engine, data, options).Weights;
        }
        // Half of them share a seed, the others have one each.
        int SeedOf(int thread) => thread < AtOnce / 2 ? 1 : thread;
        float[][] alone = [.. Enumerable.Range(0, AtOnce).Select(thread => Train(SeedOf(thread)))];
        alone[^1].Should().NotEqual(alone[0], "seeds matter");
        for (int round = 0; round < rounds; round++)
            foreach ((float[] together, float[] expected) in OnThreads(thread => Train(SeedOf(thread))).Zip(alone))
                together.Should().Equal(expected, "round {0}", round);
    }

    private static T[] OnThreads<T>(Func<int, T> work)
    {
        using var together = new Barrier(AtOnce);
        var results = new T[AtOnce];
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, AtOnce).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            try
            {
                results[i] = work(i);
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        failure.Should().BeNull();
        return results;
    }
}
