// Look at schedules before training with them:
//   dotnet run --project examples/04-ScheduleCurves -- --schedule "warmup(5ep) > hold(10ep) > cosine(to=0.01)" --steps-per-epoch 100 --epochs 35 --svg rates.svg
using Microsoft.ML.LrSchedules;
using ScheduleCurves;

try
{
    if (args is ["--docs", string folder])
    {
        ScheduleReference.Write(folder);
        return 0;
    }
    CommandLine options = CommandLine.Parse(args);
    TrainingPlan plan = TrainingPlan.OfSteps(options.StepsPerEpoch, options.Epochs);
    var chart = new ScheduleChart(plan, "Learning rate as a factor of the peak");
    foreach (string text in options.Schedules)
    {
        LrSchedule schedule = LrSchedule.Parse(text);
        BoundSchedule bound = schedule.Bind(plan, options.PeakRate);
        chart = chart.With(schedule.ToString(), schedule, options.PeakRate);
        Console.WriteLine(schedule);
        Console.WriteLine("  " + bound.ToSparkline());
        foreach (SchedulePhase phase in bound.Phases)
            Console.WriteLine(FormattableString.Invariant($"  {phase.Name,-18} step {phase.Start,10:0.##} .. {phase.End,10:0.##}   epoch {phase.Start / plan.StepsPerEpoch,7:0.##} .. {phase.End / plan.StepsPerEpoch,7:0.##}   starts at {bound.FactorAt((long)Math.Ceiling(phase.Start)):0.######}"));
    }
    if (options.Csv is { } csv)
        File.WriteAllText(csv, chart.ToCsv());
    if (options.Svg is { } svg)
        File.WriteAllText(svg, chart.ToSvg());
    return 0;
}
catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
