using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch.Engines.Scripted;

/// <summary>A lane that computes nothing and records everything: a rule run on symbols writes its program down.</summary>
internal readonly struct Symbol : ILane<Symbol>
{
    private readonly int node;

    private Symbol(int node) => this.node = node + 1;

    /// <summary>Its place on the tape.</summary>
    public int Node => node - 1;

    public static Symbol At(int node) => new(node);

    public static implicit operator Symbol(double value) => new(Tape.Current.Constant(value));

    public static Symbol operator +(Symbol a, Symbol b) => new(Tape.Current.Add("({0} + {1})", a, b, static (x, y) => x + y));

    public static Symbol operator -(Symbol a, Symbol b) => new(Tape.Current.Add("({0} - {1})", a, b, static (x, y) => x - y));

    public static Symbol operator *(Symbol a, Symbol b) => new(Tape.Current.Add("({0} * {1})", a, b, static (x, y) => x * y));

    public static Symbol operator /(Symbol a, Symbol b) => new(Tape.Current.Add("({0} / {1})", a, b, static (x, y) => x / y));

    public static Symbol operator -(Symbol a) => new(Tape.Current.Add("(-{0})", a, static x => -x));

    public static Symbol Sqrt(Symbol a) => new(Tape.Current.Add("torch.sqrt({0})", a, Math.Sqrt));

    public static Symbol Cbrt(Symbol a) => new(Tape.Current.Add("(torch.sign({0}) * torch.pow(torch.abs({0}), 1.0 / 3.0))", a, Math.Cbrt));

    public static Symbol Exp(Symbol a) => new(Tape.Current.Add("torch.exp({0})", a, Math.Exp));

    public static Symbol Abs(Symbol a) => new(Tape.Current.Add("torch.abs({0})", a, Math.Abs));

    public static Symbol Max(Symbol a, Symbol b) => new(Tape.Current.Extreme("torch.maximum({0}, {1})", "torch.clamp({0}, min={1})", a, b));

    public static Symbol Min(Symbol a, Symbol b) => new(Tape.Current.Extreme("torch.minimum({0}, {1})", "torch.clamp({0}, max={1})", a, b));

    public static Symbol Sign(Symbol a) => new(Tape.Current.Add("torch.sign({0})", a, static x => Math.Sign(x)));

    public static Symbol Where(Symbol condition, Symbol yes, Symbol no) => new(Tape.Current.Where(condition, yes, no));

    /// <summary>The sum is taken when the program ends: see <see cref="ScriptedStore.Total"/>.</summary>
    public static void AddTo(ref LaneSums sums, int i, Symbol a) => Tape.Current.Sum(a);
}
