import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 1)
optimizer = tg.optim.SGD(model.parameters(), lr=3.0)
x, y = 3 * tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()  # ALSO: loss-grows
    optimizer.step()  # BUG: update-too-large
