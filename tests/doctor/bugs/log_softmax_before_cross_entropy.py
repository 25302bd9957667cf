import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 3)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    output = F.log_softmax(model(x), dim=1)  # BUG: log-softmax-before-cross-entropy
    F.cross_entropy(output, y).backward()
    optimizer.step()
