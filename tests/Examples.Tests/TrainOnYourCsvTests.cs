using System.Text.Json;
using Microsoft.ML;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TrainOnYourCsv;

namespace Examples.Tests;

[TestClass]
public sealed class TrainOnYourCsvTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("csv").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    public static IEnumerable<object[]> BadCommandLines =>
    [
        ["--data data.csv --label y --task regression --colour red", "There is no option '--colour'"],
        ["train.csv", "There is no option 'train.csv'"],
        ["--label y --task regression", "--data is missing"],
        ["--data data.csv --task regression", "--label is missing"],
        ["--data data.csv --label y", "--task is missing"],
        ["--data data.csv --label y --task", "--task needs a value"],
        ["--data data.csv --label y --task regression --label x", "--label came twice"],
        ["--data data.csv --label y --task clustering", "--task must be regression, binary or multiclass but was 'clustering'"],
        ["--data data.csv --label y --task regression --epochs 0", "--epochs must be a whole number of at least 1 but was '0'"],
        ["--data data.csv --label y --task regression --epochs -3", "--epochs must be"],
        ["--data data.csv --label y --task regression --epochs 2.5", "--epochs must be"],
        ["--data data.csv --label y --task regression --epochs NaN", "--epochs must be"],
        ["--data data.csv --label y --task regression --epochs 99999999999", "--epochs must be"],
        ["--data data.csv --label y --task regression --optimizer speedy", "unknown optimizer 'speedy'"],
        ["--data data.csv --label y --task regression --optimizer adamw(lr=-1)", "-1"],
        ["--data data.csv --label y --task regression --optimizer adamw(lr=NaN)", "NaN"],
        ["--data data.csv --label y --task regression --optimizer adamw(lr=fast)", "fast"],
        ["--data data.csv --label y --task regression --optimizer adamw(speed=1)", "unknown argument 'speed'"],
        ["--data data.csv --label y --task regression --schedule slowly", "slowly"],
        ["--data data.csv --label y --task regression --epochs 3 --schedule warmup(5ep)", "5"],
        ["--data nowhere.csv --label y --task regression", "There is no file 'nowhere.csv'"],
        ["--data data.csv --test nowhere.csv --label y --task regression", "There is no file 'nowhere.csv'"],
        ["--data . --label y --task regression", "There is no file '.'"],
        ["--data data.csv --label price --task regression", "data.csv has no column 'price'. It has: x, z, y."],
        ["--data data.csv --label y --task regression --ignore x,colour", "has no column 'colour'"],
        ["--data data.csv --label y --task regression --ignore y", "--ignore must not name the label"],
        ["--data data.csv --label y --task regression --ignore x,z", "no column is left"],
        ["--data data.csv --label y --task binary", "must have 2 different values but had 40"],
        ["--data data.csv --label y --task regression --epochs 1 --save missing/model.zip", "missing"],
    ];

    public static IEnumerable<object[]> BadFiles =>
    [
        ["", "regression", "is empty"],
        ["x,y\n", "regression", "only a header"],
        ["x,y\n1,2\n3\n", "regression", "row 2: a row must have 2 values but had 1"],
        ["x,y\n1,2\n3,4,5\n", "regression", "row 2: a row must have 2 values but had 3"],
        ["x,x,y\n1,2,3\n", "regression", "'x' came twice"],
        ["x,y\n1,2\n3,4\n", "regression", "at least 10 rows"],
        ["x,y\n1,2\n3,\n", "regression", "row 2: the label 'y' must not be missing"],
        ["x,y\n1,2\n3,NaN\n", "regression", "row 2: the label 'y' must not be missing"],
        ["x,y\n1,2\n3,four\n", "regression", "row 2, column 'y': a number was expected"],
        ["x,y\n1,2\n3,1e60\n", "regression", "row 2, column 'y': a number must be finite"],
        ["x,y\n1,2\nInfinity,4\n", "regression", "row 2, column 'x': a number must be finite"],
        ["x,y\n" + Lines(30, i => $"{i},{i}") + "12x4,5\n", "regression", "row 31, column 'x': a number was expected, as in 30 other rows of this column, but was '12x4'"],
        ["x,y\n" + Lines(20, i => $"{i},yes"), "binary", "must have 2 different values but had 1"],
        ["x,y\n" + Lines(20, i => $"{i},{i % 3}"), "binary", "For more classes use --task multiclass"],
        ["x,y\n" + Lines(20, i => $"{i},yes"), "multiclass", "must have 2 to 1,000 different values but had 1"],
        ["x,y\n" + Lines(1200, i => $"{i},{i}"), "multiclass", "For quantities use --task regression"],
    ];

    public static IEnumerable<object[]> BadTestFiles =>
    [
        ["z,y\n1,a\n", "has no column 'x'"],
        ["x,y\none,a\n", "row 1, column 'x': a number was expected, as in the training rows, but was 'one'"],
        ["x,y\n1,a\n1,c\n", "row 2: the label 'y' was 'c', which does not occur in data.csv"],
        ["x,y\n1,a\n1,\n", "row 2: the label 'y' must not be missing"],
    ];

    [TestMethod]
    [DynamicData(nameof(BadCommandLines))]
    public void Run_BadCommandLine_OneLineAndExitCode(string arguments, string expected)
    {
        Write("data.csv", "x,z,y\n" + Lines(40, i => $"{i},{i % 7},{i}"));
        Fails(arguments, expected);
    }

    [TestMethod]
    [DynamicData(nameof(BadFiles))]
    public void Run_BadFile_OneLineAndExitCode(string content, string task, string expected)
    {
        Write("data.csv", content);
        Fails($"--data data.csv --label y --task {task}", expected);
    }

    [TestMethod]
    [DynamicData(nameof(BadTestFiles))]
    public void Run_BadTestFile_OneLineAndExitCode(string content, string expected)
    {
        Write("data.csv", "x,y\n" + Lines(20, i => $"{i},{(i % 2 == 0 ? "a" : "b")}"));
        Write("test.csv", content);
        Fails("--data data.csv --test test.csv --label y --task multiclass", expected);
    }

    [TestMethod]
    public void Run_Regression_WritesMetricsOfBothTrainersAndAModelThatLoads()
    {
        // Blanks around names and values, a text column with an empty value and ?, missing numbers, a quoted separator.
        Write("data.csv", " size , colour , \"note\", price\n" + Lines(200, i => $" {(i % 10 == 3 ? "" : i % 17)} , {(i % 3 == 0 ? "?" : i % 3 == 1 ? "red" : "")} , \"a, {i % 2}\" , {i % 17 * 2 + (i % 3 == 1 ? 10 : 0)}"));

        Succeeds("--data data.csv --label price --task regression --epochs 40 --save model.zip --metrics metrics.json --optimizer adam(lr=0.01) --schedule warmup(5ep)>cosine(35ep,to=0.1)")
            .Should().Contain("features: 1 of numbers, 2 of texts");

        JsonElement metrics = JsonDocument.Parse(File.ReadAllText(At("metrics.json"))).RootElement;
        metrics.GetProperty("Sdca").GetProperty("RootMeanSquaredError").GetDouble().Should().BePositive();
        metrics.GetProperty("TorchMlp").GetProperty("RSquared").GetDouble().Should().BeGreaterThan(0.7);

        var ml = new MLContext();
        ITransformer model = ml.Model.Load(At("model.zip"), out DataViewSchema schema);
        schema.Select(column => column.Name).Should().Contain(["size", "colour", "note"]);
        model.GetOutputSchema(schema).Select(column => column.Name).Should().Contain("Score");
    }

    [TestMethod]
    public void Run_SameFileTwice_PrintsTheSameMetrics()
    {
        Write("data.csv", "x;z;y\n" + Lines(60, i => $"{i};{i * i % 13};{i % 13 + i}"));
        string[] metrics = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            Succeeds("--data data.csv --label y --task regression --epochs 3 --metrics metrics.json");
            return JsonDocument.Parse(File.ReadAllText(At("metrics.json"))).RootElement.GetProperty("TorchMlp").GetProperty("RootMeanSquaredError").GetRawText();
        })];
        metrics[0].Should().Be(metrics[1]);
    }

    [TestMethod]
    [DataRow("yes", "no")]
    [DataRow("1", "0")]
    [DataRow("2", "10")]
    [DataRow(">50K", "<=50K")]
    public void Run_Binary_LearnsWhateverTheTwoClassesAreCalled(string positive, string negative)
    {
        Write("data.csv", "x\ty\n" + Lines(100, i => $"{i}\t{(i >= 50 ? positive : negative)}"));
        Succeeds("--data data.csv --label y --task binary --epochs 60 --metrics metrics.json");
        JsonDocument.Parse(File.ReadAllText(At("metrics.json"))).RootElement.GetProperty("TorchMlp").GetProperty("AreaUnderRocCurve").GetDouble().Should().BeGreaterThan(0.9);
    }

    [TestMethod]
    public void Run_MulticlassWithoutHeader_NamesColumnsByPosition()
    {
        Write("data.csv", Lines(150, i => $"{i % 3},{i % 7},{i % 3}"));
        Write("test.csv", Lines(30, i => $"{i % 3},{i % 5},{i % 3}"));
        Succeeds("--data data.csv --test test.csv --label c2 --task multiclass --ignore c1 --epochs 60 --metrics metrics.json")
            .Should().Contain("150 rows; features: 1 of numbers");
        JsonDocument.Parse(File.ReadAllText(At("metrics.json"))).RootElement.GetProperty("TorchMlp").GetProperty("MicroAccuracy").GetDouble().Should().BeGreaterThan(0.9);
    }

    [TestMethod]
    public void Run_TestFile_ColumnsAreFoundByNameAndNewTextsAreAllowed()
    {
        Write("data.csv", "a,b,y\n" + Lines(60, i => $"{i % 6},{(i % 2 == 0 ? "p" : "q")},{i % 6}"));
        Write("test.csv", "extra,y,b,a\n" + Lines(20, i => $"0,{i % 6},{(i % 2 == 0 ? "p" : "new")},{i % 6}"));
        Succeeds("--data data.csv --test test.csv --label y --task regression --epochs 5");
    }

    [TestMethod]
    public void Run_TextsWithoutEnd_ShareColumns()
    {
        Write("data.csv", "name,x,y\n" + Lines(1500, i => $"n{i},{i % 10},{i % 10}"));
        Succeeds("--data data.csv --label y --task regression --epochs 1");
    }

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(i => line(i) + "\n"));

    private void Write(string name, string content) => File.WriteAllText(At(name), content);

    private string At(string name) => Path.Combine(folder, name);

    private void Fails(string arguments, string expected)
    {
        (int code, _, string error) = Run(arguments);
        error.Should().Contain(expected);
        error.TrimEnd('\n', '\r').Should().NotContain("\n");
        code.Should().Be(1);
    }

    private string Succeeds(string arguments)
    {
        (int code, string output, string error) = Run(arguments);
        error.Should().BeEmpty();
        code.Should().Be(0);
        return output;
    }

    private (int Code, string Output, string Error) Run(string arguments)
    {
        string[] files = ["data.csv", "test.csv", "model.zip", "metrics.json", "missing/model.zip"];
        var output = new StringWriter();
        var error = new StringWriter();
        int code = Program.Run([.. arguments.Split(' ').Select(argument => files.Contains(argument) ? At(argument) : argument)], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
