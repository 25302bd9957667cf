import topograd as tg
import topograd.nn.functional as F
from topograd import nn

layer = nn.Linear(8, 8)  # BUG: layer-repeated
model = nn.Sequential(*[layer] * 3, nn.Linear(8, 1))
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
