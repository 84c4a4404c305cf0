using System.Globalization;
using System.Text;

namespace ScheduleCurves;

/// <summary>Which system has which schedule, and what it is called here.</summary>
internal static class ComparisonTable
{
    private static readonly string[] Systems = ["PyTorch", "HF", "timm", "optax", "Keras", "fastai", "Composer", "TorchSharp", "ML.NET", "scikit-learn"];

    private static readonly (string Schedule, string Here, string[] There)[] Rows =
    [
        ("constant", "[Hold](#hold)", ["yes", "constant", "-", "constant", "a number", "SchedNo", "Constant", "yes", "yes", "yes"]),
        ("user function", "[Function](#function)", ["LambdaLR, MultiplicativeLR", "-", "subclass", "any callable", "subclass", "any callable", "any callable", "LambdaLR, MultiplicativeLR", "-", "-"]),
        ("table of values", "[Table](#table)", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("step decay", "[Step](#step)", ["StepLR", "-", "step", "exponential, staircase", "ExponentialDecay, staircase", "-", "Step", "yes", "ExponentialLRDecay, staircase", "-"]),
        ("multi-step", "[MultiStep](#multistep)", ["MultiStepLR", "-", "multistep", "piecewise_constant", "-", "-", "MultiStep", "drops repeats", "-", "-"]),
        ("piecewise constant", "[Piecewise](#piecewise)", ["-", "diffusers", "-", "piecewise_constant", "PiecewiseConstantDecay", "-", "-", "-", "LsrDecay", "-"]),
        ("piecewise interpolated", "[Piecewise](#piecewise)", ["-", "-", "-", "piecewise_interpolate", "-", "combine_scheds", "-", "-", "-", "-"]),
        ("linear", "[LinearShape](#linearshape)", ["LinearLR", "linear", "-", "linear", "PolynomialDecay(1)", "SchedLin", "Linear", "yes", "PolynomialLRDecay(1)", "-"]),
        ("exponential", "[Exponential](#exponential)", ["ExponentialLR", "-", "-", "exponential", "ExponentialDecay", "SchedExp", "Exponential", "yes", "ExponentialLRDecay", "-"]),
        ("geometric to a value", "[Decay](#decay) on the log scale", ["-", "-", "-", "-", "-", "SchedExp", "-", "-", "-", "-"]),
        ("polynomial", "[PolynomialShape](#polynomialshape)", ["to 0 only", "polynomial", "poly", "polynomial", "PolynomialDecay", "SchedPoly", "Polynomial", "to 0 only", "PolynomialLRDecay", "-"]),
        ("polynomial cycles", "[PolynomialCycles](#polynomialcycles)", ["-", "-", "-", "-", "cycle", "-", "-", "-", "cycle", "-"]),
        ("inverse time, 1/t", "[InverseTime](#inversetime)", ["LambdaLR", "-", "-", "-", "InverseTimeDecay", "-", "-", "-", "built into its SGD", "invscaling, optimal"]),
        ("inverse square root, Noam", "[InverseTime](#inversetime)", ["LambdaLR", "inverse_sqrt", "-", "-", "-", "-", "-", "-", "built into OnlineGradientDescent", "-"]),
        ("cosine", "[CosineShape](#cosineshape)", ["CosineAnnealingLR", "cosine, cosine_with_min_lr", "cosine", "cosine_decay", "CosineDecay", "SchedCos", "CosineAnnealing", "yes", "-", "-"]),
        ("cosine waves", "[CosineShape](#cosineshape), [CosineWave](#cosinewave)", ["beyond T_max", "num_cycles", "-", "-", "-", "-", "-", "beyond T_max", "-", "-"]),
        ("warm restarts", "[Restarts](#restarts)", ["equal or longer cycles", "equal cycles", "longer, lower, limited", "sgdr", "longer, lower", "fit_sgdr", "longer", "-", "-", "-"]),
        ("tanh", "[TanhShape](#tanhshape)", ["-", "-", "tanh", "-", "-", "-", "-", "-", "-", "-"]),
        ("k-decay", "[KDecayShape](#kdecayshape)", ["-", "-", "cosine, poly", "-", "-", "-", "-", "-", "-", "-"]),
        ("REX", "[RexShape](#rexshape)", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("1-sqrt, 1-square", "[OneMinusPowerShape](#oneminuspowershape)", ["-", "in wsd", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("coslog", "[CosLogShape](#coslogshape)", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("Chebyshev", "[Chebyshev](#chebyshev)", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("triangular, triangular2, exp-range", "[Triangular](#triangular)", ["CyclicLR", "-", "-", "-", "-", "-", "-", "with three errors", "-", "-"]),
        ("one cycle", "[OneCycle](#onecycle)", ["OneCycleLR", "-", "-", "cosine, linear", "-", "fit_one_cycle", "-", "wrong with two groups", "fixed in its text trainers", "-"]),
        ("one-cycle momentum", "[OneCycle](#onecycle), [ScheduledValue](#scheduledvalue)", ["OneCycleLR, CyclicLR", "-", "-", "-", "-", "fit_one_cycle", "-", "CyclicLR has the wrong sign", "-", "-"]),
        ("warmup-stable-decay", "[Warmup](#warmup), [Hold](#hold), [Decay](#decay)", ["SequentialLR", "wsd", "-", "join", "-", "combine_scheds", "-", "SequentialLR", "-", "-"]),
        ("flat, then cosine", "[Hold](#hold), [CosineShape](#cosineshape)", ["SequentialLR", "wsd", "-", "join", "-", "fit_flat_cos", "-", "SequentialLR", "-", "-"]),
        ("WSD-S", "[Sequence](#sequence)", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("power, infinite", "[Sequence](#sequence)", ["-", "-", "-", "join", "-", "-", "-", "-", "-", "-"]),
        ("linear warmup", "[Warmup](#warmup)", ["not from 0", "in every function", "in every scheduler", "warmup_*", "CosineDecay only", "pct_start", "*WithWarmup", "not from 0", "WarmupRatio in text trainers", "-"]),
        ("cosine, 1-sqrt warmup", "[Warmup](#warmup)", ["-", "wsd", "-", "-", "-", "SchedCos", "-", "-", "-", "-"]),
        ("exponential, untuned warmup", "[ExponentialWarmup](#exponentialwarmup), [Warmup](#warmup)", ["pytorch_warmup", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("RAdam warmup", "[RAdamWarmup](#radamwarmup)", ["pytorch_warmup", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("sequence in time", "[Sequence](#sequence)", ["SequentialLR, not nested", "-", "-", "join_schedules", "-", "combine_scheds", "-", "not nested", "-", "-"]),
        ("product", "[Product](#product)", ["ChainedScheduler", "-", "-", "multiply", "-", "-", "a list multiplies", "ChainedLR", "-", "-"]),
        ("scale, offset, clamp, repeat", "[Affine](#affine), [Clamp](#clamp), [Repeat](#repeat)", ["-", "-", "cycle_*", "callables", "cycle", "-", "-", "-", "-", "-"]),
        ("stretch, skip, per epoch", "[Stretch](#stretch), [Skip](#skip), [Staircase](#staircase)", ["-", "-", "t_in_epochs", "callables", "staircase", "-", "scale_schedule_ratio", "-", "staircase", "-"]),
        ("fork of a decay", "[Until](#until)", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("reduce on plateau", "[ReduceOnPlateau](#reduceonplateau)", ["ReduceLROnPlateau", "wraps PyTorch's", "plateau", "contrib", "callback", "callback", "-", "get_last_lr is stale", "-", "adaptive"]),
        ("averaging rate (SWA)", "[Decay](#decay), [Hold](#hold)", ["SWALR", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("range test", "[RangeTest](#rangetest)", ["-", "-", "-", "-", "-", "lr_find", "-", "-", "-", "-"]),
        ("layer-wise decay", "[LayerwiseDecay](#layerwisedecay)", ["-", "-", "layer_decay", "-", "-", "slice", "-", "-", "-", "-"]),
        ("other hyper-parameters", "[ScheduledValue](#scheduledvalue)", ["momentum, beta1", "-", "param_group_field", "inject_hyperparams", "-", "any by name", "-", "momentum, beta1", "-", "-"]),
    ];

    /// <summary>The table, with one call for each system's own names below it.</summary>
    internal static void Write(StringBuilder page)
    {
        page.Append("\n## Who has what\n\n`LrSchedule.Like` has each system's schedules under its own names: `LrSchedule.Like.PyTorch.OneCycleLR()`, `LrSchedule.Like.HuggingFace.Wsd(...)`, `LrSchedule.Like.Optax`, `Keras`, `Timm`, `Composer`, `Fastai`, `PyTorchWarmup`, `PyTorchOptimizer`, `MlNet`, `ScikitLearn`, `Papers`, `Seed`.\n\n");
        page.Append(CultureInfo.InvariantCulture, $"| schedule | here | {string.Join(" | ", Systems)} |\n|---|---|{string.Concat(Systems.Select(_ => "---|"))}\n");
        foreach ((string schedule, string here, string[] there) in Rows)
            page.Append(CultureInfo.InvariantCulture, $"| {schedule} | {here} | {string.Join(" | ", there)} |\n");
    }
}
