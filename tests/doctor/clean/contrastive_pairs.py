import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 16))
        self.temperature = nn.Parameter(tg.tensor(0.0))

    def forward(self, x):
        return F.normalize(self.net(x), dim=1)


model = Encoder()
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
x = tg.randn(32, 8)


def step():
    one, other = model(x + 0.1 * tg.randn_like(x)), model(x + 0.1 * tg.randn_like(x))
    similarity = one @ other.T * model.temperature.exp()
    targets = tg.arange(32)
    loss = (F.cross_entropy(similarity, targets) + F.cross_entropy(similarity.T, targets)) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
