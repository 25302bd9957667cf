import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 1)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randn(32, 1)


def step():
    optimizer.zero_grad()
    error = F.mse_loss(model(x), y)
    loss = tg.tensor(error.item(), requires_grad=False)  # BUG: loss-not-connected
    loss.backward()
    optimizer.step()
