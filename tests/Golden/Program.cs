using Golden;
using Golden.Curves;
using Golden.Trajectories;

if (args is not [string folder] || !Directory.Exists(folder))
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/Golden -- FOLDER   (a folder with golden *.json files)");
    return 2;
}

IReadOnlyList<GoldenFile> files = GoldenFile.ReadAll(folder);
GoldenReport[] reports = [CurveHarness.Run(files), TrajectoryHarness.Run(files)];
foreach (GoldenReport report in reports)
    report.Print(Console.Out);
return reports.Sum(report => report.Count(GoldenOutcome.Failed)) == 0 ? 0 : 1;
