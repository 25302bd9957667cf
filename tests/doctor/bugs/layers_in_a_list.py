import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(8, 8) for _ in range(3)]
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))  # BUG: hidden-module
        return self.head(x)


model = Net()
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
