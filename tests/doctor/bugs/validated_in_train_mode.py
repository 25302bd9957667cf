import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))
other, labels = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    model.train()
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    with tg.no_grad():
        predicted = model(other).argmax(1)  # BUG: train-while-evaluating
    return (predicted == labels).float().mean().item()
