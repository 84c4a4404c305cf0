using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Aggregated momentum: several velocities with different memories, averaged.
/// <code>
/// g  += decay w
/// u_k = beta_k u_k + g                for each k
/// w  -= rate mean_k u_k
/// </code>
/// Lucas, Sun, Zemel and Grosse 2019, Aggregated momentum, arXiv:1804.00325: beta_k = 1 - 0.1^k, k = 0, 1, 2. Equals
/// pytorch_optimizer's AggMo. There are one to five velocities; a memory that is null has none.
/// </summary>
public sealed record AggMo : Optimizer
{
    internal AggMo() : base(1e-2)
    {
    }

    /// <summary>The memory of the first velocity, at least 0 and below 1. Default 0.</summary>
    public double Beta1 { get; init => field = Require.Fraction(value); }

    /// <summary>The memory of the second velocity, at least 0 and below 1, or null. Default 0.9.</summary>
    public double? Beta2 { get; init => field = Memory(value); } = 0.9;

    /// <summary>The memory of the third velocity, at least 0 and below 1, or null. Default 0.99.</summary>
    public double? Beta3 { get; init => field = Memory(value); } = 0.99;

    /// <summary>The memory of a fourth velocity, at least 0 and below 1, or null. Default null; the paper also tries 0.999.</summary>
    public double? Beta4 { get; init => field = Memory(value); }

    /// <summary>The memory of a fifth velocity, at least 0 and below 1, or null. Default null.</summary>
    public double? Beta5 { get; init => field = Memory(value); }

    private int Velocities => 1 + (Beta2 is null ? 0 : 1) + (Beta3 is null ? 0 : 1) + (Beta4 is null ? 0 : 1) + (Beta5 is null ? 0 : 1);

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private static double? Memory(double? value, [CallerMemberName] string name = "") => value is { } beta ? Require.Fraction(beta, name: name) : null;

    private readonly ref struct Rule<T>(AggMo o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> u1 = p["u1"], u2 = o.Beta2 is null ? default : p["u2"], u3 = o.Beta3 is null ? default : p["u3"],
                                 u4 = o.Beta4 is null ? default : p["u4"], u5 = o.Beta5 is null ? default : p["u5"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = o.Beta1, beta2 = o.Beta2 ?? 0, beta3 = o.Beta3 ?? 0, beta4 = o.Beta4 ?? 0, beta5 = o.Beta5 ?? 0,
                           rate = now.Rate / o.Velocities;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T sum = u1[i] = beta1 * u1[i] + g;
            if (!u2.IsEmpty) sum += u2[i] = beta2 * u2[i] + g;
            if (!u3.IsEmpty) sum += u3[i] = beta3 * u3[i] + g;
            if (!u4.IsEmpty) sum += u4[i] = beta4 * u4[i] + g;
            if (!u5.IsEmpty) sum += u5[i] = beta5 * u5[i] + g;
            return keep * w - rate * sum;
        }
    }
}
