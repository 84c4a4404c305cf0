using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Trainers.Tests.Engines.Torch;

/// <summary>Two parts of the features go through a submodule each; normalisation with statistics, dropout, a parameter of its own.</summary>
internal sealed class TwoTowers : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> vision = Sequential(Linear(2, 6), BatchNorm1d(6), Tanh(), Dropout(0.3));
    private readonly Module<Tensor, Tensor> text = Sequential(Linear(1, 4), LayerNorm(4), GELU());
    private readonly Module<Tensor, Tensor> head;
    private readonly Parameter temperature = new(ones(1));

    public TwoTowers(int outputs = 1) : base(nameof(TwoTowers))
    {
        head = Linear(10, outputs);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => head.forward(cat([vision.forward(x[.., ..2]), text.forward(x[.., 2..])], 1)) * temperature;
}

/// <summary>What <c>TorchMlp</c> makes of three features and one hidden layer.</summary>
internal sealed class Perceptron : Module<Tensor, Tensor>
{
    private readonly Linear hidden, output;

    public Perceptron(int units = 16, Action<string, Tensor>? change = null) : base(nameof(Perceptron))
    {
        hidden = Linear(3, units);
        output = Linear(units, 1);
        RegisterComponents();
        if (change is null) return;
        using IDisposable noGradient = no_grad();
        foreach ((string name, Parameter parameter) in named_parameters()) change(name, parameter);
    }

    public override Tensor forward(Tensor x) => output.forward(hidden.forward(x).relu()).squeeze(1);
}

/// <summary>Convolutions over the features, whose weights have three and four dimensions.</summary>
internal sealed class Convolutional : Module<Tensor, Tensor>
{
    private readonly Conv1d line = Conv1d(1, 4, 2);
    private readonly Conv2d plane = Conv2d(4, 5, (1, 2));
    private readonly Linear output = Linear(5, 1);

    public Convolutional() : base(nameof(Convolutional)) => RegisterComponents();

    public override Tensor forward(Tensor x) => output.forward(plane.forward(line.forward(x.unsqueeze(1)).tanh().unsqueeze(2)).tanh().flatten(1));
}

/// <summary>A frozen parameter, two submodules that are one, and buffers of several types, one of which counts the training passes.</summary>
internal sealed class Bookkeeper : Module<Tensor, Tensor>
{
    private readonly Linear first, same, output;
    private readonly Parameter frozen = new(full(1, 0.5f), requires_grad: false);
    private readonly Tensor passes = zeros(1, ScalarType.Int64), mask = tensor(new[] { true, false, true }), precise = tensor(new[] { 1.0 / 3 }), bytes = tensor(new byte[] { 1, 2, 255 });

    public Bookkeeper() : base(nameof(Bookkeeper))
    {
        first = Linear(3, 3);
        same = first;
        output = Linear(3, 1);
        register_buffer("passes", passes);
        register_buffer("mask", mask);
        register_buffer("precise", precise);
        register_buffer("bytes", bytes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        if (training) passes.add_(7_000_001);
        return output.forward(same.forward(first.forward(x).tanh()) * mask) * frozen;
    }
}
