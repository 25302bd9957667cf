import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
with tg.no_grad():
    model[0].bias.fill_(-20.0)
optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
x, y = tg.randn(64, 8), tg.randint(0, 3, (64,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()  # BUG: dead-relu
    optimizer.step()
