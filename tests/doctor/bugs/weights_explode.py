import topograd as tg
import topograd.nn.functional as F
from topograd import nn

layers = [nn.Linear(32, 32) for _ in range(12)]  # BUG: exploding-gradients
for layer in layers:
    nn.init.normal_(layer.weight, std=1.0)
model = nn.Sequential(*layers, nn.Linear(32, 1))
optimizer = tg.optim.Adam(model.parameters(), lr=1e-4)
x, y = tg.randn(64, 32), tg.randn(64, 1)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
