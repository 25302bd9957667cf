import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 3)
        self.scale = tg.ones(8, requires_grad=True)  # BUG: unregistered-parameter

    def forward(self, x):
        return self.linear(x * self.scale)


model = Scaled()
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
