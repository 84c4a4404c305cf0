using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OwnModule;

/// <summary>
/// A vision part and a text part, whose results are joined. The features of a row are both inputs, one behind the other; the module
/// takes them apart. Parameters are named after the fields: vision.0.weight, text.0.bias, head.weight, ...
/// </summary>
internal sealed class TwoTowers : Module<Tensor, Tensor>
{
    public const int VisionSize = 16, TextSize = 8;

    private readonly Module<Tensor, Tensor> vision = Sequential(Linear(VisionSize, 32), BatchNorm1d(32), ReLU(), Linear(32, 16), ReLU());
    private readonly Module<Tensor, Tensor> text = Sequential(Linear(TextSize, 16), Tanh(), Dropout(0.1));
    private readonly Module<Tensor, Tensor> head = Linear(16 + 16, 1);

    public TwoTowers() : base(nameof(TwoTowers)) => RegisterComponents();

    public override Tensor forward(Tensor features)
    {
        Tensor image = features.narrow(1, 0, VisionSize), words = features.narrow(1, VisionSize, TextSize);
        return head.forward(cat([vision.forward(image), text.forward(words)], 1));
    }
}
