import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 3)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    optimizer.step()  # BUG: no-backward
    return loss
