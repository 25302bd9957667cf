import topograd as tg
import topograd.nn.functional as F
from topograd import nn

encoder, head = nn.Linear(8, 4), nn.Linear(4, 3)
optimizer = tg.optim.Adam([*encoder.parameters(), *head.parameters()])
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    with tg.no_grad():
        features = encoder(x)  # BUG: gradient-cut
    optimizer.zero_grad()
    F.cross_entropy(head(features), y).backward()
    optimizer.step()
