using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>One update of <see cref="LBfgs"/>: a driver over lanes, which evaluates as often as it needs.</summary>
internal readonly ref struct LBfgsUpdate<T> where T : struct, ILane<T>
{
    private const double LeastCurvature = 1e-10;
    private const double Decrease = 1e-4, Curvature = 0.9;
    private const int LongestSearch = 25;

    private readonly LBfgs o;
    private readonly Parameters<T> p;
    private readonly Moment now;
    private readonly Span<T> d, last, change, step, start, bracketLow, bracketHigh;
    private readonly string[] changes, steps;
    private readonly double[] inverse, alpha;

    public LBfgsUpdate(LBfgs o, Parameters<T> p, Moment now)
    {
        this.o = o;
        this.p = p;
        this.now = now;
        d = p["direction"];
        last = p["last_gradient"];
        change = p["new_change"];
        step = p["new_step"];
        start = o.LineSearch ? p["start"] : default;
        bracketLow = o.LineSearch ? p["bracket_0"] : default;
        bracketHigh = o.LineSearch ? p["bracket_1"] : default;
        changes = SlotNames.Of("change", o.HistorySize);
        steps = SlotNames.Of("step", o.HistorySize);
        foreach (string name in changes) _ = p[name];
        foreach (string name in steps) _ = p[name];
        inverse = p.Scalars.Array("inverse_curvature", o.HistorySize);
        alpha = p.Scalars.Array("alpha", o.HistorySize);
    }

    private ref double Length => ref p.Scalars["length"];

    private ref double Pairs => ref p.Scalars["pairs"];

    private ref double First => ref p.Scalars["first_pair"];

    private ref double Scale => ref p.Scalars["scale", 1];

    private ref double Count => ref p.Scalars["iterations"];

    private Span<T> Gradient => p.Gradients;

    public void Run()
    {
        _ = (Length, Pairs, First, Scale, Count);
        if (p.IsEmpty) return;
        double loss = Evaluate();
        int evaluations = 1, most = o.Evaluations ?? o.Iterations * 5 / 4;
        if (Largest(Gradient) <= o.GradientTolerance) return;
        for (int iteration = 1; ; iteration++)
        {
            Count++;
            Direction();
            p.Copy(Gradient, last);
            double before = loss;
            double t = Length = Count == 1 ? Math.Min(1, 1 / p.SumOfMagnitudes(Gradient)) * now.Rate : now.Rate;
            double slope = p.Dot(Gradient, d);
            if (slope > -o.ChangeTolerance) return;
            bool flat = false;
            if (o.LineSearch)
            {
                p.Copy(p.Weights, start);
                (loss, t, int tried) = Search(loss, t, slope);
                Length = t;
                evaluations += tried;
                Move(t);
                flat = Largest(Gradient) <= o.GradientTolerance;
            }
            else
            {
                p.Apply(new Add(p, d, t));
                if (iteration < o.Iterations)
                {
                    loss = Evaluate();
                    evaluations++;
                    flat = Largest(Gradient) <= o.GradientTolerance;
                }
            }
            if (iteration == o.Iterations || evaluations >= most || flat) return;
            if (Math.Abs(t) * Largest(d) <= o.ChangeTolerance || Math.Abs(loss - before) < o.ChangeTolerance) return;
        }
    }

    /// <summary>d = -H g, after taking the last step into the history.</summary>
    private void Direction()
    {
        if (Count == 1)
        {
            p.Apply(new Set(d, Gradient, default, -1, 0));
            return;
        }
        Remember();
        p.Apply(new Set(d, Gradient, default, -1, 0));
        for (int k = (int)Pairs - 1; k >= 0; k--)
        {
            int i = Place(k);
            alpha[i] = p.Dot(p[steps[i]], d) * inverse[i];
            p.Apply(new Set(d, d, p[changes[i]], 1, -alpha[i]));
        }
        p.Apply(new Set(d, d, default, Scale, 0));
        for (int k = 0; k < (int)Pairs; k++)
        {
            int i = Place(k);
            double beta = p.Dot(p[changes[i]], d) * inverse[i];
            p.Apply(new Set(d, d, p[steps[i]], 1, alpha[i] - beta));
        }
    }

    private int Place(int k) => ((int)First + k) % o.HistorySize;

    private void Remember()
    {
        // The pair is written where the next one goes, and counted only if its curvature is positive; a full history gives up its oldest.
        bool full = Pairs == o.HistorySize;
        p.Apply(new Set(change, Gradient, last, 1, -1));
        p.Apply(new Set(step, d, default, Length, 0));
        double curvature = p.Dot(change, step);
        if (curvature <= LeastCurvature) return;
        int place = Place((int)Pairs);
        if (full) First = (First + 1) % o.HistorySize;
        else Pairs++;
        p.Copy(change, p[changes[place]]);
        p.Copy(step, p[steps[place]]);
        inverse[place] = 1 / curvature;
        Scale = curvature / p.SumOfSquares(change);
    }

    /// <summary>Loss and gradients at the current weights, with the decay in both.</summary>
    private double Evaluate()
    {
        p.Settle();
        double loss = now.Closure();
        if (o.Maximize)
        {
            loss = -loss;
            p.Apply(new Ascent<T>(Gradient));
        }
        if (now.Coupled == 0) return loss;
        p.Apply(new Set(Gradient, Gradient, p.Weights, 1, now.Coupled));
        return loss + now.Coupled / 2 * p.SumOfSquares(p.Weights);
    }

    private void Move(double t) => p.Apply(new Add(p, start, d, t));

    private (double Loss, double Slope) At(double t)
    {
        Move(t);
        double loss = Evaluate();
        return (loss, p.Dot(Gradient, d));
    }

    /// <summary>A step that satisfies the strong Wolfe conditions, the gradient at it, and how many were tried.</summary>
    private (double Loss, double Length, int Tried) Search(double loss, double t, double slope)
    {
        double size = Largest(d);
        (double x, double f, double s) low = (0, loss, slope), high;
        p.Copy(Gradient, bracketLow);
        (double newLoss, double newSlope) = At(t);
        int tried = 1, rounds = 0;
        bool done = false;
        while (true)
        {
            if (rounds == LongestSearch)
            {
                low = (0, loss, slope);
                p.Copy(last, bracketLow);
                break;
            }
            if (newLoss > loss + Decrease * t * slope || rounds > 1 && newLoss >= low.f) break;
            if (Math.Abs(newSlope) <= -Curvature * slope)
            {
                done = true;
                break;
            }
            if (newSlope >= 0) break;
            double next = Interpolate(low.x, low.f, low.s, t, newLoss, newSlope, t + 0.01 * (t - low.x), t * 10);
            low = (t, newLoss, newSlope);
            p.Copy(Gradient, bracketLow);
            t = next;
            (newLoss, newSlope) = At(t);
            tried++;
            rounds++;
        }
        high = (t, newLoss, newSlope);
        p.Copy(Gradient, bracketHigh);
        if (done) return (newLoss, t, tried);

        // Between the two ends, the better of which stays the low one.
        bool lowIsFirst = low.f <= high.f, stuck = false;
        while (!done && rounds < LongestSearch && Math.Abs(high.x - low.x) * size >= o.ChangeTolerance)
        {
            t = Interpolate(low.x, low.f, low.s, high.x, high.f, high.s, Math.Min(low.x, high.x), Math.Max(low.x, high.x));
            double least = Math.Min(low.x, high.x), most = Math.Max(low.x, high.x), margin = 0.1 * (most - least);
            if (Math.Min(most - t, t - least) < margin)
            {
                bool again = stuck || t >= most || t <= least;
                if (again) t = Math.Abs(t - most) < Math.Abs(t - least) ? most - margin : least + margin;
                stuck = !again;
            }
            else
            {
                stuck = false;
            }
            (newLoss, newSlope) = At(t);
            tried++;
            rounds++;
            ref (double x, double f, double s) best = ref lowIsFirst ? ref low : ref high, worst = ref lowIsFirst ? ref high : ref low;
            Span<T> bestGradient = lowIsFirst ? bracketLow : bracketHigh, worstGradient = lowIsFirst ? bracketHigh : bracketLow;
            if (newLoss > loss + Decrease * t * slope || newLoss >= best.f)
            {
                worst = (t, newLoss, newSlope);
                p.Copy(Gradient, worstGradient);
                lowIsFirst = low.f <= high.f;
                continue;
            }
            if (Math.Abs(newSlope) <= -Curvature * slope) done = true;
            else if (newSlope * (worst.x - best.x) >= 0)
            {
                worst = best;
                p.Copy(bestGradient, worstGradient);
            }
            best = (t, newLoss, newSlope);
            p.Copy(Gradient, bestGradient);
        }
        p.Copy(lowIsFirst ? bracketLow : bracketHigh, Gradient);
        return lowIsFirst ? (low.f, low.x, tried) : (high.f, high.x, tried);
    }

    /// <summary>The minimum of the cubic through two points with slopes, within bounds; their middle where it has none.</summary>
    private static double Interpolate(double x1, double f1, double s1, double x2, double f2, double s2, double least, double most)
    {
        double a = s1 + s2 - 3 * (f1 - f2) / (x1 - x2), square = a * a - s1 * s2;
        if (!(square >= 0)) return (least + most) / 2;
        double b = Math.Sqrt(square);
        double x = x1 <= x2 ? x2 - (x2 - x1) * ((s2 + b - a) / (s2 - s1 + 2 * b)) : x1 - (x1 - x2) * ((s1 + b - a) / (s1 - s2 + 2 * b));
        return Math.Min(Math.Max(x, least), most);
    }

    /// <summary>The largest magnitude.</summary>
    private double Largest(ReadOnlySpan<T> a) => p.LargestMagnitude(a);

    private readonly ref struct Add : IRule<T>
    {
        private readonly ReadOnlySpan<T> from, direction;
        private readonly T length;

        public Add(Parameters<T> p, ReadOnlySpan<T> direction, double t) : this(p, p.Weights, direction, t)
        {
        }

        public Add(Parameters<T> p, ReadOnlySpan<T> from, ReadOnlySpan<T> direction, double t)
        {
            this.from = from;
            this.direction = direction;
            length = t;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => from[i] + length * direction[i];
    }

    /// <summary>target = a x + b y.</summary>
    private readonly ref struct Set(Span<T> target, ReadOnlySpan<T> x, ReadOnlySpan<T> y, double a, double b) : IRule<T>
    {
        private readonly Span<T> target = target;
        private readonly ReadOnlySpan<T> x = x, y = y;
        private readonly T a = a, b = b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            target[i] = y.IsEmpty ? a * x[i] : a * x[i] + b * y[i];
            return w;
        }
    }
}
