import topograd as tg
import topograd.nn.functional as F
from topograd import nn

body = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
head = nn.Linear(16, 3)  # BUG: parameter-not-in-optimizer
optimizer = tg.optim.Adam(body.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(head(body(x)), y).backward()
    optimizer.step()
