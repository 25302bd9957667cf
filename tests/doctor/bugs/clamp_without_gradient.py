import topograd as tg
import topograd.nn.functional as F
from topograd import nn

first, last = nn.Linear(8, 16), nn.Linear(16, 1)  # BUG: gradient-zero
optimizer = tg.optim.SGD([*first.parameters(), *last.parameters()], lr=0.01)
x, y = tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    hidden = (first(x) + 100).clamp(0, 1)
    F.mse_loss(last(hidden), y).backward()
    optimizer.step()
