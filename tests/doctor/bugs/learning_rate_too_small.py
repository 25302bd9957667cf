import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 1)
optimizer = tg.optim.Adam(model.parameters(), lr=1e-12)
x, y = tg.randn(64, 8, dtype=tg.float64), tg.randn(64, 1, dtype=tg.float64)
model.double()


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()  # BUG: update-too-small
