import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = tg.optim.Adam(model.parameters(), lr=3.0)
x, y = tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()  # BUG: update-too-large
