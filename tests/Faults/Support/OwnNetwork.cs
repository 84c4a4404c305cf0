using Microsoft.ML.Trainers.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Faults.Support;

/// <summary>A module of the user's own that draws random numbers at every step, keeps statistics and counts its passes.</summary>
internal sealed class OwnNetwork : Module<Tensor, Tensor>
{
    public const string ModuleName = "own-network";

    private readonly Module<Tensor, Tensor> layers = Sequential(("0", Linear(MadeUp.Columns, 16)), ("norm", BatchNorm1d(16)), ("1", ReLU()), ("2", Dropout(0.2)), ("output", Linear(16, 1)));
    private readonly Parameter scale = new(ones(1));

    private static long parametersMade;

    public OwnNetwork() : base(nameof(OwnNetwork))
    {
        RegisterComponents();
        Interlocked.Add(ref parametersMade, parameters().Count());
    }

    /// <summary>TorchSharp counts each parameter made from a tensor twice and given up once: by so much its count of living tensors is too high.</summary>
    public static long ParametersMade => Interlocked.Read(ref parametersMade);

    public override Tensor forward(Tensor x) => layers.forward(x) * scale;

    /// <summary>The options of <see cref="EngineRun.Options"/> with this module.</summary>
    public static TorchModuleOptions Options(double epochs = 5)
    {
        TorchMlpOptions like = EngineRun.Options(epochs);
        return new TorchModuleOptions(ModuleName, () => new OwnNetwork())
        {
            NumberOfEpochs = like.NumberOfEpochs, BatchSize = like.BatchSize, Optimizer = like.Optimizer, Schedule = like.Schedule, NumberOfThreads = 1, Seed = like.Seed,
        };
    }
}
