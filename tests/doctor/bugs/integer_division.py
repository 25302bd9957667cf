import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = tg.optim.Adam(model.parameters())
pixels, y = tg.randint(0, 255, (64, 64)), tg.randint(0, 10, (64,))
x = (pixels // 255).float()


def step():
    optimizer.zero_grad()
    output = model(x)  # BUG: constant-input
    F.cross_entropy(output, y).backward()
    optimizer.step()
