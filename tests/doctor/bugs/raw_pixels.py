import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randint(0, 256, (64, 64)).float(), tg.randint(0, 10, (64,))


def step():
    optimizer.zero_grad()
    output = model(x)  # BUG: inputs-not-normalised
    F.cross_entropy(output, y).backward()
    optimizer.step()
