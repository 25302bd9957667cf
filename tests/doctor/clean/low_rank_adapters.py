import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Adapted(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 16).requires_grad_(False)
        self.down = nn.Linear(16, 2, bias=False)
        self.up = nn.Linear(2, 16, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.layer(x) + self.up(self.down(x))


model = nn.Sequential(Adapted(), nn.ReLU(), nn.Linear(16, 3))
optimizer = tg.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
x, y = tg.randn(64, 16), tg.randint(0, 3, (64,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
