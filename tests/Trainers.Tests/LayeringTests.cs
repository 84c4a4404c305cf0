using Microsoft.VisualStudio.TestTools.UnitTesting;
using Trainers.Tests.Layering;

namespace Trainers.Tests;

/// <summary>The arrows of docs/decisions/0001-rooms-and-arrows.md, read from what the compiler made.</summary>
[TestClass]
public sealed class LayeringTests
{
    private const string Schedules = "Microsoft.ML.LrSchedules", Networks = "Microsoft.ML.NeuralNetworks", Trainers = "Microsoft.ML.Trainers.Torch";

    // From top to bottom: a room of src/Trainers uses the rooms below it, never one above.
    private static readonly string[] rooms =
        ["Catalog", "Estimators", "Tabular", "Training", "Engines", "Checkpoints", "Optimizers", "Losses", "Data", "Runtime", "Checks"];

    [TestMethod]
    public void Schedules_References_AreOfTheBaseLibraryOnly()
    {
        using CompiledAssembly schedules = Open(Schedules, "src/Microsoft.ML.LrSchedules");
        schedules.References.Should().OnlyContain(name => name.StartsWith("System.") || name == "netstandard");
    }

    [TestMethod]
    public void NeuralNetworks_References_DoNotReachTorchSharpOrTheTrainers()
    {
        using CompiledAssembly networks = Open(Networks, "src/NeuralNetworks");
        networks.References.Should().NotContain(["TorchSharp", Trainers, Schedules]);
    }

    [TestMethod]
    public void NeuralNetworks_MlNetTypes_AppearInModelClassesAndOnnxOnly() =>
        Users(Networks, "src/NeuralNetworks", IsMlNet, outside: ["Models/", "Onnx/"]).Should().BeEmpty();

    [TestMethod]
    public void Trainers_MlNetTypes_AppearInCatalogEstimatorsAndDataOnly() =>
        Users(Trainers, "src/Trainers", IsMlNet, outside: ["Catalog/", "Estimators/", "Data/"]).Should().BeEmpty();

    [TestMethod]
    public void Trainers_TorchSharpTypes_AppearInTheTorchEngineRuntimeAndTheModuleTrainerOnly() =>
        Users(Trainers, "src/Trainers", use => use.Assembly == "TorchSharp", outside: ["Engines/Torch/", "Runtime/", "Estimators/Microsoft.ML.Trainers.Torch.TorchModule", "Catalog/Microsoft.ML.TorchModuleCatalog"]).Should().BeEmpty();

    [TestMethod]
    public void Trainers_EveryType_LiesInARoom()
    {
        using CompiledAssembly trainers = Open(Trainers, "src/Trainers");
        trainers.Types().Select(type => type.Room).Distinct().Should().BeSubsetOf(rooms);
    }

    [TestMethod]
    public void Trainers_Rooms_UseOnlyTheRoomsBelow()
    {
        using CompiledAssembly trainers = Open(Trainers, "src/Trainers");
        IReadOnlyList<CompiledType> types = trainers.Types();
        Dictionary<string, string> roomOf = types.ToDictionary(type => type.Name, type => type.Room);

        IEnumerable<string> upward =
            from type in types
            from use in type.Uses
            where use.Assembly == Trainers && roomOf.ContainsKey(use.Name)
            where Array.IndexOf(rooms, roomOf[use.Name]) < Array.IndexOf(rooms, type.Room)
            select $"{type.Room}: {type.Name} -> {roomOf[use.Name]}: {use.Name}";

        upward.Should().BeEmpty();
    }

    private static bool IsMlNet(TypeUse use) =>
        use.Assembly.StartsWith("Microsoft.ML") && use.Assembly is not (Schedules or Networks or Trainers);

    /// <summary>The types, as folder/full name, that mention a type of that kind though they lie outside the given places.</summary>
    private static IReadOnlyList<string> Users(string assembly, string sourceFolder, Func<TypeUse, bool> kind, params string[] outside)
    {
        using CompiledAssembly compiled = Open(assembly, sourceFolder);
        return
        [
            .. compiled.Types()
                .Where(type => type.Uses.Any(kind))
                .Select(type => $"{type.Folder}/{type.Name}")
                .Where(user => !outside.Any(user.StartsWith)),
        ];
    }

    private static CompiledAssembly Open(string assembly, string sourceFolder) =>
        new(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), sourceFolder);
}
