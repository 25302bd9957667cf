import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(
    nn.Linear(8, 16),  # BUG: symmetric-weights
    nn.Tanh(),
    nn.Linear(16, 1),
)
for parameter in model.parameters():
    nn.init.constant_(parameter, 0.1)
optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
x, y = tg.randn(64, 8), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
