import topograd as tg
import topograd.nn.functional as F
from topograd import nn

layers = []
for _ in range(10):
    layers += [nn.Linear(16, 16), nn.Sigmoid()]  # BUG: vanishing-gradients
model = nn.Sequential(*layers, nn.Linear(16, 3))
optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
x, y = tg.randn(64, 16), tg.randint(0, 3, (64,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
