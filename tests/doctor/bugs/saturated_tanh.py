import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
nn.init.normal_(model[0].weight, std=500.0)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    output = model(x)  # BUG: saturated-activation
    F.mse_loss(output, y).backward()
    optimizer.step()
