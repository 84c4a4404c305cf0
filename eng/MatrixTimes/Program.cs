// Measures how long a matrix product takes and writes one CSV row per shape: the data of examples/01-QuickStart.
//   dotnet run -c Release --project eng/MatrixTimes -- examples/01-QuickStart/matrix-times.csv
using System.Diagnostics;
using System.Globalization;
using MatrixTimes;

const int Shapes = 5_000, Passes = 4, SamplesPerPass = 15;
const int Smallest = 4, Largest = 512;
TimeSpan shortestSample = TimeSpan.FromMicroseconds(100);

string path = args.Length == 1 ? args[0] : "matrix-times.csv";
var random = new Random(20251);
Shape[] shapes = [.. Enumerable.Range(0, Shapes).Select(_ => new Shape(LogUniform(), LogUniform(), LogUniform(), random.Next(1, 3)))];

// The fastest sample counts: other programs can only make a product slower. The passes lie half a minute apart, so that a
// shape does not meet the same disturbance in each.
double[] microseconds = [.. Enumerable.Repeat(double.PositiveInfinity, Shapes)];
var clock = Stopwatch.StartNew();
Measure(shapes[0]); // starts the thread pool
for (int pass = 1; pass <= Passes; pass++)
{
    for (int i = 0; i < Shapes; i++) microseconds[i] = Math.Min(microseconds[i], Measure(shapes[i]));
    Console.WriteLine($"pass {pass} of {Passes}, {clock.Elapsed.TotalSeconds:0} s");
}

using var csv = new StreamWriter(path) { NewLine = "\n" };
csv.WriteLine("m,k,n,threads,microseconds");
foreach ((Shape shape, double time) in shapes.Zip(microseconds))
    csv.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{shape.M},{shape.K},{shape.N},{shape.Threads},{time:0.###}"));

// Each doubling of a size is as likely as the next.
int LogUniform() => (int)Math.Round(Smallest * Math.Pow((double)Largest / Smallest, random.NextDouble()));

// A sample repeats a short product until the clock's own error no longer counts.
double Measure(Shape shape)
{
    var product = new Product(shape);
    int repetitions = 1;
    while (Time(product, repetitions) < shortestSample) repetitions *= 2;
    TimeSpan fastest = Enumerable.Range(0, SamplesPerPass).Min(_ => Time(product, repetitions));
    return fastest.TotalMicroseconds / repetitions;
}

static TimeSpan Time(Product product, int repetitions)
{
    long start = Stopwatch.GetTimestamp();
    for (int i = 0; i < repetitions; i++) product.Run();
    return Stopwatch.GetElapsedTime(start);
}
