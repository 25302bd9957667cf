import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(16, 16)
        self.last = nn.Linear(16, 3)

    def forward(self, x):
        x = F.relu(self.first(x))
        F.relu(self.second(x))  # BUG: unused-parameter
        return self.last(x)


model = Net()
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
