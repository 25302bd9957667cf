import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 2, (32, 1)).float()


def step():
    optimizer.zero_grad()
    output = tg.sigmoid(model(x))  # BUG: sigmoid-before-logits-loss
    F.binary_cross_entropy_with_logits(output, y).backward()
    optimizer.step()
