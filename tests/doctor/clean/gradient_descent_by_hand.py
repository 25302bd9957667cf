import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
x, y = tg.randn(32, 3), tg.randn(32, 1)


def step():
    loss = F.mse_loss(model(x), y)
    model.zero_grad()
    loss.backward()
    with tg.no_grad():
        for parameter in model.parameters():
            parameter -= 0.05 * parameter.grad
