using System.Globalization;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Estimators;

/// <summary>
/// Every number that a user can set, found by reflection so that a new option is covered the day it is added, at NaN, infinity, -1, 0
/// and huge. Each value is refused at once with a message that says what must be and what was, or it is taken; then a fit ends, with a
/// model or with an error that gives advice. No value reaches an overflow, an endless loop or a crash.
/// </summary>
[TestClass]
public sealed class NumericOptionTests
{
    private static readonly MLContext Context = new(seed: 1);
    private static readonly IDataView Rows = Context.View(Samples.Linear(20));

    private static readonly Dictionary<Type, object[]> Values = new()
    {
        [typeof(double)] = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1.0, 0.0, 1e300],
        [typeof(int)] = [int.MinValue, -1, 0, int.MaxValue],
        [typeof(long)] = [long.MinValue, -1L, 0L, long.MaxValue],
        [typeof(TimeSpan)] = [TimeSpan.MinValue, TimeSpan.FromSeconds(-1), TimeSpan.Zero, TimeSpan.MaxValue],
    };

    public static IEnumerable<object[]> TrainerOptions()
    {
        foreach (Type trainer in new[] { typeof(TorchLinearOptions), typeof(TorchMlpOptions), typeof(TorchTabularOptions) })
            foreach ((string name, object value, object options) in Set(trainer))
                yield return Case(trainer, name, value, options, (TrainingOptions)options);
    }

    public static IEnumerable<object[]> PartsOfOptions()
    {
        foreach ((string name, object value, object part) in Set(typeof(EarlyStopping)))
            yield return Case(part.GetType(), name, value, part, new TorchMlpOptions { ValidationFraction = 0.3, EarlyStopping = (EarlyStopping)part });
        foreach ((string name, object value, object part) in Set(typeof(GradientClipping)))
            yield return Case(part.GetType(), name, value, part, new TorchMlpOptions { GradientClipping = (GradientClipping)part });
        foreach ((string name, object value, object part) in Set(typeof(CheckpointOptions)))
        {
            var checkpoints = (CheckpointOptions)part;
            checkpoints.Folder = Path.Combine(Path.GetTempPath(), "numeric-options-" + Guid.NewGuid().ToString("N"));
            yield return Case(part.GetType(), name, value, part, new TorchMlpOptions { Checkpoints = checkpoints });
        }
    }

    public static IEnumerable<object[]> OptimizerFactories() =>
        from factory in typeof(Optimizers).GetMethods(BindingFlags.Public | BindingFlags.Static)
        where typeof(Optimizer).IsAssignableFrom(factory.ReturnType) && factory.GetParameters().All(parameter => parameter.IsOptional)
        from parameter in factory.GetParameters()
        where Values.ContainsKey(parameter.ParameterType)
        from value in Values[parameter.ParameterType]
        select new object[] { Name(factory.Name, parameter.Name!, value), factory, parameter.Position, value };

    [TestMethod]
    [DynamicData(nameof(TrainerOptions))]
    [DynamicData(nameof(PartsOfOptions))]
    public void Options_EachNumberAtItsExtremes_IsRefusedOrTrains(string name, object part, PropertyInfo property, object value, TrainingOptions options)
    {
        Exception? refusal = Thrown(() => property.SetValue(part, value));
        if (refusal is null) EndsWell(name, options);
        else Refuses(name, refusal, value);
    }

    [TestMethod]
    [DynamicData(nameof(OptimizerFactories))]
    public void Optimizers_EachNumberAtItsExtremes_IsRefusedOrTrains(string name, MethodInfo factory, int position, object value)
    {
        object?[] arguments = [.. factory.GetParameters().Select(parameter => parameter.DefaultValue)];
        arguments[position] = value;
        Optimizer? optimizer = null;
        Exception? refusal = Thrown(() => optimizer = (Optimizer)factory.Invoke(null, arguments)!);
        if (refusal is null) EndsWell(name, new TorchMlpOptions { Optimizer = optimizer! });
        else Refuses(name, refusal, value);
    }

    [TestMethod]
    [DataRow(int.MaxValue)]
    [DataRow((1 << 24) + 1)]
    public void HiddenLayers_MoreUnitsThanALayerHas_AreRefused(int units) =>
        Refuses("mlp", Thrown(() => typeof(TorchMlpOptions).GetProperty(nameof(TorchMlpOptions.HiddenLayers))!.SetValue(new TorchMlpOptions(), new[] { 8, units }))!, units);

    [TestMethod]
    public void Fit_MoreParametersThanAnArrayHolds_SaysWhichLayer()
    {
        var trainer = Context.Regression.Trainers.TorchMlp(new TorchMlpOptions { HiddenLayers = [100_000, 100_000], NumberOfEpochs = 1 });
        trainer.Invoking(t => t.Fit(Rows)).Should().Throw<ArgumentException>().WithMessage("*must have at most*but has 10000*'layers.1.weight' of 100000 x 100000*");
    }

    private static void EndsWell(string name, TrainingOptions options)
    {
        // One epoch, or where the length itself is the huge number, until the first epoch ends.
        options.NumberOfEpochs ??= 1;
        options.StopWhen = _ => true;
        if (options is TorchMlpOptions mlp) mlp.HiddenLayers = [4];
        if (options is TorchTabularOptions tabular) tabular.HiddenLayers = [4];
        try
        {
            RegressionCatalog.RegressionTrainers trainers = Context.Regression.Trainers;
            TorchRegressionTrainer trainer = options switch
            {
                TorchLinearOptions linear => trainers.TorchLinear(linear),
                TorchMlpOptions network => trainers.TorchMlp(network),
                _ => trainers.TorchTabular((TorchTabularOptions)options),
            };
            trainer.Fit(Rows);
        }
        catch (Exception error)
        {
            (error is ArgumentException or TrainingDivergedException or InvalidOperationException).Should().BeTrue($"{name} ended in {error}");
            error.Message.Should().MatchRegex(" must (not )?(be|have|all|come)|diverged|finite", $"{name} should give a rule");
        }
        finally
        {
            if (options.Checkpoints?.Folder is { } folder && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static void Refuses(string name, Exception refusal, object value)
    {
        refusal.Should().BeAssignableTo<ArgumentException>(name);
        refusal.Message.Should().Contain(" must be ", name).And.Contain(string.Create(CultureInfo.InvariantCulture, $" but was {value}"), name);
    }

    private static Exception? Thrown(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (TargetInvocationException error)
        {
            return error.InnerException;
        }
    }

    private static IEnumerable<(string Property, object Value, object Owner)> Set(Type type) =>
        from property in type.GetProperties()
        where property.SetMethod is { IsPublic: true }
        let number = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType
        where Values.ContainsKey(number)
        from value in Values[number]
        select (property.Name, value, Activator.CreateInstance(type)!);

    private static object[] Case(Type type, string property, object value, object part, TrainingOptions options) =>
        [Name(type.Name, property, value), part, type.GetProperty(property)!, value, options];

    private static string Name(string owner, string property, object value) => string.Create(CultureInfo.InvariantCulture, $"{owner}.{property} = {value}");
}
