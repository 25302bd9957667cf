import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.zero_grad()  # BUG: zero-grad-before-step
    optimizer.step()
