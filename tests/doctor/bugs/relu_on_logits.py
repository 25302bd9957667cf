import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 32), nn.Linear(32, 4)

    def forward(self, x):
        x = F.relu(self.first(x))
        return F.relu(self.last(x))  # BUG: relu-before-loss


model = Net()
optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
x, y = tg.randn(64, 8), tg.randint(0, 4, (64,))


def step():
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
