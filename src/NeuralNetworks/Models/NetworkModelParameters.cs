using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.NeuralNetworks.Onnx;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.NeuralNetworks.Serialization;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// What the network models have in common: a fitted network that scores with managed code, on any number of threads, and is saved
/// with the model.
/// </summary>
/// <typeparam name="TOutput">The type of the score: <see cref="float"/>, or a vector of them.</typeparam>
public abstract class NetworkModelParameters<TOutput> : ModelParametersBase<TOutput>, IValueMapper, ISingleCanSaveOnnx, IDisposable
{
    private const string FileName = "network.bin";
    private const string ModuleFileName = "weights.safetensors";

    private protected NetworkModelParameters(IHostEnvironment env, string name, FittedNetwork network) : base(env, name)
    {
        Contracts.CheckValue(network, nameof(network));
        Network = network;
    }

    private protected NetworkModelParameters(IHostEnvironment env, string name, ModelLoadContext context) : base(env, name, context)
    {
        FittedNetwork? network = null;
        if (!context.TryLoadBinaryStream(FileName, reader => network = NetworkFile.Read(ReadAll(reader.BaseStream)))
            && !context.TryLoadBinaryStream(ModuleFileName, reader => network = ModuleFile.Read(ReadAll(reader.BaseStream))))
            throw new InvalidDataException($"The model file must have an entry '{FileName}' or '{ModuleFileName}' but has not. It is damaged.");
        Network = network!;
        // Code that is missing or of another shape is an error now, not at the first prediction.
        if (Network.HasOwnModule) _ = Network.Passes;
    }

    /// <summary>The layers, the weights and how outputs become predictions.</summary>
    public FittedNetwork Network { get; }

    /// <summary>How the network was trained; null if the trainer kept nothing.</summary>
    public TrainingHistory? History => Network.History.IsEmpty ? null : TrainingHistory.FromJson(Network.History);

    DataViewType IValueMapper.InputType => new VectorDataViewType(NumberDataViewType.Single, Network.Network.Inputs);

    DataViewType IValueMapper.OutputType => ScoreType;

    private protected abstract DataViewType ScoreType { get; }

    private protected abstract VersionInfo VersionInfo { get; }

    // One scorer, with buffers of its own, per mapper: ML.NET makes a mapper for each cursor and prediction engine.
    ValueMapper<TSource, TTarget> IValueMapper.GetMapper<TSource, TTarget>() =>
        MakeMapper(new NetworkScorer(Network)) as ValueMapper<TSource, TTarget>
        ?? throw Host.Except($"The model maps a vector of Single to {ScoreType} but was asked to map {typeof(TSource)} to {typeof(TTarget)}.");

    /// <summary>The layers with their shapes and numbers of parameters, as a table for people.</summary>
    public string Summary() => Network.Summary();

    /// <summary>
    /// Adds the column <c>Score</c> as a transformer does, but scores up to 1,024 rows together: for scans of many rows with a network
    /// of some size. ML.NET's own prediction transformers can only go row by row. Lazy; rows, order and ids are those of the data.
    /// For binary classification the score is the log-odds.
    /// </summary>
    /// <param name="data">Holds the features.</param>
    /// <param name="featureColumnName">A vector of <see cref="float"/> of the network's size.</param>
    /// <exception cref="ArgumentException">There is no such column, or its type is another one.</exception>
    public IDataView ScoreInBatches(IDataView data, string featureColumnName = "Features")
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(featureColumnName);
        return new BatchScoredView(data, Network, featureColumnName);
    }

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext context) => true;

    // ML.NET asks for the score alone, or for the predicted label and the score.
    bool ISingleCanSaveOnnx.SaveAsOnnx(OnnxContext context, string[] outputs, string featureColumn)
    {
        const int MinimumOperatorSet = 11;
        context.CheckOpSetVersion(MinimumOperatorSet, nameof(FittedNetwork));
        var graph = new OnnxContextGraph(context);
        string score = OnnxOutputs.Add(graph, Network, featureColumn);
        graph.Output(score, outputs[^1]);
        if (PredictionKind == PredictionKind.MulticlassClassification && outputs.Length == 2)
        {
            // ML.NET's keys count from 1.
            string index = graph.Node("Cast", [graph.Node("ArgMax", [score], ("axis", 1), ("keepdims", 1))], ("to", OnnxGraph.Float));
            graph.Output(graph.Node("Cast", [graph.Node("Add", index, graph.Constant("one", 1))], ("to", OnnxGraph.UInt32)), outputs[0]);
        }
        return true;
    }

    // ML.NET's transformers dispose of their model. Only a module of the application's own holds anything.
    void IDisposable.Dispose() => Network.Release();

    private protected abstract ValueMapper<VBuffer<float>, TOutput> MakeMapper(NetworkScorer scorer);

    /// <inheritdoc/>
    protected sealed override void SaveCore(ModelSaveContext context)
    {
        context.SetVersionInfo(VersionInfo);
        base.SaveCore(context);
        if (Network.HasOwnModule) context.SaveBinaryStream(ModuleFileName, writer => writer.Write(ModuleFile.Write(Network)));
        else context.SaveBinaryStream(FileName, writer => writer.Write(NetworkFile.Write(Network)));
    }

    /// <summary>
    /// The simple assembly name lets any version load a model of any other; ML.NET finds this assembly by it, without registration.
    /// </summary>
    private protected static VersionInfo MakeVersionInfo(string signature, string loaderSignature) => new(
        modelSignature: signature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: loaderSignature,
        loaderAssemblyName: typeof(FittedNetwork).Assembly.GetName().Name!);

    private protected static ValueMapper<VBuffer<float>, float> MapToNumber(NetworkScorer scorer)
    {
        float[] prediction = new float[1];
        return (in VBuffer<float> row, ref float score) =>
        {
            scorer.Score(in row, prediction);
            score = prediction[0];
        };
    }

    private protected static ValueMapper<VBuffer<float>, VBuffer<float>> MapToVector(NetworkScorer scorer) =>
        (in VBuffer<float> row, ref VBuffer<float> score) =>
        {
            VBufferEditor<float> editor = VBufferEditor.Create(ref score, scorer.Predictions);
            scorer.Score(in row, editor.Values);
            score = editor.Commit();
        };

    private static byte[] ReadAll(Stream stream)
    {
        long length = stream.Length - stream.Position;
        if (length > Array.MaxLength) throw new InvalidDataException($"The fitted network has {length} bytes, more than {Array.MaxLength}, which is the most that can be read.");
        byte[] file = new byte[length];
        stream.ReadExactly(file);
        return file;
    }
}
