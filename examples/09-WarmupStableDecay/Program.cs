// Warmup-stable-decay as the paper means it (Hu et al. 2024, arXiv:2404.06395): one stable phase that writes checkpoints, and short
// decays that branch off it wherever a finished model is wanted. A branch is bit for bit the run that had been planned so from the start.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;

const string Folder = "stable";
const int DecayEpochs = 4;

if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
var ml = new MLContext(seed: 1);
IDataView train = Rows(3000, seed: 1), test = Rows(2000, seed: 2);
LrSchedule stable = LrSchedule.Warmup(1.Epochs()).Hold();

Console.WriteLine("one stable phase of 24 epochs, a checkpoint every 8");
TorchMlpOptions trunk = Options(stable, epochs: 24);
trunk.Checkpoints = new CheckpointOptions { Folder = Folder, EveryEpochs = 8, KeepLast = 3 };
Console.WriteLine($"  without a decay    test error {Error(Fit(trunk)):0.0000}");

Console.WriteLine($"branches of {DecayEpochs} epochs, each from its checkpoint");
float[] branched = [];
foreach (string checkpoint in Directory.GetFiles(Folder, "*.safetensors").Order())
{
    TorchMlpOptions branch = Options(stable, epochs: 24);
    branch.ResumeFrom = checkpoint;
    branch.ResumeWithDecay = LrSchedule.Linear(DecayEpochs.Epochs(), to: 0);
    var model = Fit(branch);
    branched = model.Model.Network.Weights().ToArray();
    var last = model.Model.History!.Epochs[^1];
    Console.WriteLine($"  after {last.Epoch + 1 - DecayEpochs,2} epochs    test error {Error(model):0.0000}");
}

Console.WriteLine("the last branch against a run of 28 epochs that was planned so from the start");
TorchMlpOptions planned = Options(LrSchedule.Warmup(1.Epochs()).Hold(23.Epochs()).Linear(DecayEpochs.Epochs(), to: 0), epochs: 28);
bool same = Fit(planned).Model.Network.Weights().SequenceEqual(branched);
Console.WriteLine(same ? "  the same bits" : "  other bits");
return same ? 0 : 1;

static TorchMlpOptions Options(LrSchedule schedule, int epochs) => new()
{
    HiddenLayers = [64],
    Optimizer = Optimizers.AdamW(learningRate: 1e-2),
    Schedule = schedule,
    NumberOfEpochs = epochs,
    BatchSize = 50,
    // A trainer draws its seed from the context when it is made; these four are to be the same run.
    Seed = 1,
};

RegressionPredictionTransformer<NetworkRegressionModelParameters> Fit(TorchMlpOptions options) => ml.Regression.Trainers.TorchMlp(options).Fit(train);

double Error(ITransformer model) => ml.Regression.Evaluate(model.Transform(test)).RootMeanSquaredError;

IDataView Rows(int count, int seed)
{
    var random = new Random(seed);
    return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
    {
        float[] x = [.. Enumerable.Range(0, 5).Select(_ => 2 * random.NextSingle() - 1)];
        return new Row(x, MathF.Sin(4 * x[0]) * x[1] + x[2] * x[3] - x[4] + 0.2f * (random.NextSingle() - 0.5f));
    }).ToArray());
}

internal sealed record Row([property: VectorType(5)] float[] Features, float Label);
