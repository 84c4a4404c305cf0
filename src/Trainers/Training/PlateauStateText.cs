using System.Text.Json;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>What a plateau schedule remembers, as a text of a checkpoint.</summary>
internal static class PlateauStateText
{
    public static string Write(PlateauState state) => JsonSerializer.Serialize(state);

    public static PlateauState Read(string text) =>
        JsonSerializer.Deserialize<PlateauState>(text) ?? throw new InvalidDataException("The plateau state of a checkpoint must be an object but was null.");
}
