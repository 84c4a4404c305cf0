using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

// Loads a saved model as a stranger does: it deploys the packages but names none of their types. Reads rows of comma-separated
// numbers from standard input and prints the bits of each score.
if (args.Length != 1)
{
    Console.Error.WriteLine("usage: FreshProcess MODEL.zip < ROWS.csv");
    return 2;
}

var rows = new List<Row>();
while (Console.ReadLine() is { } line)
    rows.Add(new Row { Features = [.. line.Split(',').Select(text => float.Parse(text, CultureInfo.InvariantCulture))] });

var context = new MLContext();
ITransformer model = context.Model.Load(args[0], out _);
var definition = SchemaDefinition.Create(typeof(Row));
definition[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
IDataView scored = model.Transform(context.Data.LoadFromEnumerable(rows, definition));
IEnumerable<float[]> scores = scored.Schema["Score"].Type is VectorDataViewType
    ? scored.GetColumn<float[]>("Score")
    : scored.GetColumn<float>("Score").Select(score => new[] { score });
foreach (float[] score in scores)
    Console.WriteLine(string.Join(',', score.Select(value => BitConverter.SingleToUInt32Bits(value).ToString("X8", CultureInfo.InvariantCulture))));
return 0;

internal sealed class Row
{
    public float[] Features { get; set; } = [];
}
