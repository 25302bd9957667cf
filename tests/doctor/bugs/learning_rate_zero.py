import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 1)
optimizer = tg.optim.SGD(model.parameters(), lr=0.0)
x, y = tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()  # BUG: no-update
