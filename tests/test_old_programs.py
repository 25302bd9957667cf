"""A program as in the first years of PyTorch: tensor types, Variable, .data, .type()."""

from __future__ import annotations

import numpy as np
import pytest

import topograd as tg

OLD_PROGRAM = """
cuda = torch.cuda.is_available()
Tensor = torch.cuda.FloatTensor if cuda else torch.FloatTensor
Long = torch.cuda.LongTensor if cuda else torch.LongTensor
Variable = torch.autograd.Variable
torch.manual_seed(1)
if cuda:
    torch.cuda.manual_seed_all(1)
torch.backends.cudnn.benchmark = True
model = nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2, inplace=True), nn.Linear(4, 2))
for k, p in enumerate(model.parameters()):
    p.data.copy_(torch.linspace(-1, 1, p.data.numel()).view(p.data.size()) * (k + 1) / 4)
model = nn.DataParallel(model)
model = model.cuda() if cuda else model
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
rng = np.random.RandomState(0)
losses = []
for step in range(5):
    x = Variable(Tensor(rng.normal(0, 1, (8, 3)))).type(Tensor)
    y = Variable(Long(rng.randint(0, 2, 8)), requires_grad=False)
    real = Variable(Tensor(8, 1).fill_(1.0), requires_grad=False)
    output = model(x * real.expand_as(x))
    loss = criterion(output, y)
    optimizer.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.grad.data.clamp_(-1, 1)
    optimizer.step()
    losses.append(loss.data.item())
    right = output.data.max(1)[1].eq(y.data).cpu().sum()
new = x.data.new(2, 3).zero_()
assert new.size() == torch.Size([2, 3]) and new.is_cuda == cuda
assert isinstance(x.data, torch.FloatTensor) and x.data.type() == "torch.FloatTensor"
assert y.type("torch.FloatTensor").type() == "torch.FloatTensor"
result = losses + [float(right)]
"""


def test_a_program_of_the_first_years_gives_the_same_in_both_libraries() -> None:
    torch = pytest.importorskip("torch")
    results = []
    for library in (tg, torch):
        names = {"torch": library, "nn": library.nn, "np": np}
        exec(OLD_PROGRAM, names)
        results.append(names["result"])
    tg.backends.cudnn.benchmark = False
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)
