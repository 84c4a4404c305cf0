"""One step of TorchTabular's network in PyTorch, driven by lines on standard input: a number of steps in, milliseconds of processor time per step out.

usage: tabular_step.py
256 of 4096 rows, 9 numeric columns, 3 x 256 units, as in benchmarks/Quality/TabularStepCommand.cs. Written to be fast: data, bins and fractions resident, the factor of
a dense layer inside its product, an activation with its dropout as one function with a hand-written derivative and a single exp, parameters and their
gradients in flat buffers that a few operations update.
"""

import math
import sys
import time

import torch

ROWS, BATCH, COLUMNS, UNITS, LAYERS = 4096, 256, 9, 256, 3
BINS, FREQUENCIES, WIDTH = 64, 16, 7
DROPOUT, DECAY, RATE, BETA1, BETA2 = 0.15, 0.02, 0.1, 0.9, 0.95

torch.set_num_threads(1)
torch.manual_seed(1)


class BlendedMish(torch.autograd.Function):
    """(x + (mish(x) - x) a) mask. With e = exp(x), s = e (e + 1) and h = 2 / (e (e + 2) + 2): mish(x) - x = -x h, and its slope is h (x h s - 1)."""

    @staticmethod
    def forward(context, x, blend, mask):
        e = x.clamp(max=20).exp_()
        square = torch.addcmul(e, e, e)
        h = e.add_(square).add_(2).reciprocal_().mul_(2)
        push = x * h
        slope = square.mul_(push).sub_(1).mul_(h).mul_(blend).add_(1)
        push.neg_()
        y = torch.addcmul(x, push, blend).mul_(mask)
        context.save_for_backward(slope.mul_(mask), push.mul_(mask))
        return y

    @staticmethod
    def backward(context, dy):
        slope, push = context.saved_tensors
        return dy * slope, push.mul_(dy).sum(0), None


def encoding():
    """The piecewise-linear encoding of every row, columns first: made once, as it does not change."""
    x = torch.exp(2 * torch.rand(ROWS, COLUMNS))
    edges = torch.stack([torch.quantile(x[:, i], torch.linspace(0, 1, BINS + 1)) for i in range(COLUMNS)])
    at = x.t().unsqueeze(2)
    dense = ((at - edges[:, None, :-1]) / (edges[:, None, 1:] - edges[:, None, :-1])).clamp(0, 1)
    center, spread = x.median(0).values, x.quantile(0.75, 0) - x.quantile(0.25, 0)
    scaled = (x - center) / spread
    return dense.contiguous(), scaled / torch.sqrt(1 + (scaled / 3) ** 2)


shapes = {"frequencies": (COLUMNS, 1, FREQUENCIES), "phases": (COLUMNS, 1, FREQUENCIES), "waves": (COLUMNS, FREQUENCIES, WIDTH), "pieces": (COLUMNS, BINS, WIDTH), "bias": (COLUMNS, 1, WIDTH)}
groups = {"frequencies": (0.1, 1), "phases": (0.1, 1), "waves": (0.1, 1), "pieces": (0.1, 1), "bias": (0.1, 1), "front": (6, 1)}
shapes["front"] = (COLUMNS * (WIDTH + 1),)
inputs = COLUMNS * (WIDTH + 1)
for layer in range(LAYERS + 1):
    outputs = UNITS if layer < LAYERS else 1
    shapes[f"w{layer}"], groups[f"w{layer}"] = (inputs, outputs), (1, 1)
    shapes[f"b{layer}"], groups[f"b{layer}"] = (outputs,), (0.1, 0)
    if layer < LAYERS:
        shapes[f"a{layer}"], groups[f"a{layer}"] = (outputs,), (0.1, 1)
    inputs = outputs

count = sum(math.prod(shape) for shape in shapes.values())
weights, gradients, mean, square, rates, decays = (torch.zeros(count) for _ in range(6))
parameters, offset = {}, 0
for name, shape in shapes.items():
    size = math.prod(shape)
    part = slice(offset, offset + size)
    parameters[name] = weights[part].view(shape).normal_(0, 1 if name[0] == "w" and name != "waves" else 0.1).requires_grad_()
    parameters[name].grad = gradients[part].view(shape)
    rates[part], decays[part] = RATE * groups[name][0], RATE * groups[name][0] * DECAY * groups[name][1]
    offset += size
for name in ("front", "a0", "a1", "a2"):
    parameters[name].data.fill_(1)

bins, scaled = encoding()
labels = torch.rand(ROWS, 1) * 2 - 1
steps = 0


def masks():
    """Of all layers; 16 random bits a number, several times faster than bernoulli_."""
    bits = torch.empty(LAYERS * BATCH * UNITS // 4, dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    return (bits >= round(65536 * DROPOUT) - 32768).to(torch.float32).mul_(1 / (1 - DROPOUT)).view(LAYERS, BATCH, UNITS)


def forward(rows):
    p, mask = parameters, masks()
    x = scaled.index_select(0, rows).t().unsqueeze(2)
    cosines = torch.addcmul(p["phases"], x, p["frequencies"] * (2 * math.pi)).cos_()
    linear = torch.baddbmm(p["bias"], bins.index_select(1, rows), p["pieces"])
    vectors = torch.cat([torch.baddbmm(linear, cosines, p["waves"]), x], 2)
    y = vectors.transpose(0, 1).reshape(BATCH, -1) * p["front"]
    for layer in range(LAYERS + 1):
        y = torch.addmm(p[f"b{layer}"], y, p[f"w{layer}"], alpha=1 / math.sqrt(y.shape[1]))
        if layer < LAYERS:
            y = BlendedMish.apply(y, p[f"a{layer}"], mask[layer])
    return y


def step():
    global steps
    rows = torch.randint(ROWS, (BATCH,))
    gradients.zero_()
    torch.nn.functional.mse_loss(forward(rows), labels.index_select(0, rows)).backward()
    steps += 1
    with torch.no_grad():
        mean.lerp_(gradients, 1 - BETA1)
        square.mul_(BETA2).addcmul_(gradients, gradients, value=1 - BETA2)
        update = square.sqrt().add_(1e-8 * math.sqrt(1 - BETA2**steps)).reciprocal_().mul_(mean).mul_(rates)
        weights.addcmul_(weights, decays, value=-1).add_(update, alpha=-math.sqrt(1 - BETA2**steps) / (1 - BETA1**steps))


step()
print("ready", flush=True)
for line in sys.stdin:
    begin = time.process_time()
    for _ in range(int(line)):
        step()
    print(1000 * (time.process_time() - begin) / int(line), flush=True)
