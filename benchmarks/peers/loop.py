"""One training loop of a Python library, driven by lines on standard input: a number of steps in, "done" out.

usage: loop.py STYLE SIZES ROWS BATCH RULE RATE THREADS
STYLE: dataloader (PyTorch as tutorials write it), memory (PyTorch, data resident), sklearn, skorch
"""

import sys
import warnings

import numpy

STYLE, SIZES, ROWS, BATCH, RULE, RATE, THREADS = sys.argv[1:]
SIZES = [int(size) for size in SIZES.split("-")]
ROWS, BATCH, RATE, THREADS = int(ROWS), int(BATCH), float(RATE), int(THREADS)
CLASSES = SIZES[-1] if SIZES[-1] > 1 else 0

random = numpy.random.default_rng(1)
features = random.standard_normal((ROWS, SIZES[0]), dtype=numpy.float32)
scores = features @ random.standard_normal((SIZES[0], SIZES[-1])).astype(numpy.float32) / SIZES[0] ** 0.5
labels = scores.argmax(1) if CLASSES else scores.astype(numpy.float32)


def torch_parts():
    import torch

    torch.set_num_threads(THREADS)
    layers = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    module = torch.nn.Sequential(*layers[:-1])
    rules = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9)}
    loss = torch.nn.CrossEntropyLoss() if CLASSES else torch.nn.MSELoss()
    return torch, module, rules[RULE](module.parameters(), lr=RATE), loss


def torch_steps(batches_of_an_epoch):
    torch, module, optimizer, loss_of = torch_parts()
    x, y = torch.from_numpy(features), torch.from_numpy(labels)
    while True:
        for inputs, targets in batches_of_an_epoch(torch, x, y):
            optimizer.zero_grad()
            loss = loss_of(module(inputs), targets)
            loss.backward()
            optimizer.step()
            yield


def dataloader(torch, x, y):
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), BATCH, shuffle=True)


def memory(torch, x, y):
    order = torch.randperm(ROWS)
    for start in range(0, ROWS, BATCH):
        rows = order[start : start + BATCH]
        yield x.index_select(0, rows), y.index_select(0, rows)


def sklearn_steps():
    from sklearn.linear_model import SGDRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    hidden = tuple(SIZES[1:-1])
    arguments = {}
    if not hidden:
        model = SGDRegressor(eta0=RATE)
    elif CLASSES:
        model, arguments = MLPClassifier(hidden, learning_rate_init=RATE, batch_size=BATCH), {"classes": numpy.arange(CLASSES)}
    else:
        model = MLPRegressor(hidden, learning_rate_init=RATE, batch_size=BATCH)
    while True:
        order = random.permutation(ROWS)
        for start in range(0, ROWS, BATCH):
            rows = order[start : start + BATCH]
            model.partial_fit(features[rows], labels[rows].ravel(), **arguments)
            yield


def skorch_loop():
    from skorch import NeuralNetClassifier, NeuralNetRegressor

    torch, module, _, _ = torch_parts()
    kind = NeuralNetClassifier if CLASSES else NeuralNetRegressor
    arguments = {"criterion": torch.nn.CrossEntropyLoss} if CLASSES else {}
    rule = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[RULE]
    net = kind(module, optimizer=rule, lr=RATE, batch_size=BATCH, iterator_train__shuffle=True, train_split=None, max_epochs=1, verbose=0, **arguments)

    def run(count):
        while count > 0:
            batches = min(count, max(1, ROWS // BATCH))
            net.partial_fit(features[: batches * BATCH], labels[: batches * BATCH])
            count -= batches

    return run


def one_by_one(steps):
    def run(count):
        for _ in range(count):
            next(steps)

    return run


LOOPS = {
    "dataloader": lambda: one_by_one(torch_steps(dataloader)),
    "memory": lambda: one_by_one(torch_steps(memory)),
    "sklearn": lambda: one_by_one(sklearn_steps()),
    "skorch": skorch_loop,
}
warnings.filterwarnings("ignore")  # scikit-learn remarks on the last, smaller batch of each epoch
run = LOOPS[STYLE]()
run(1)
print("ready", flush=True)
for line in sys.stdin:
    run(int(line))
    print("done", flush=True)
