import topograd as tg
import topograd.nn.functional as F
from topograd import nn

first, last = nn.Linear(8, 16), nn.Linear(16, 3)
optimizer = tg.optim.Adam([*first.parameters(), *last.parameters()])
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    hidden = tg.relu(first(x))
    hidden = hidden.data + 1  # BUG: gradient-cut
    optimizer.zero_grad()
    F.cross_entropy(last(hidden), y).backward()
    optimizer.step()
