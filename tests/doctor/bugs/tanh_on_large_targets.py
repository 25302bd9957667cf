import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.Tanh())
optimizer = tg.optim.Adam(model.parameters())
x = tg.randn(64, 4)
y = 5 * x[:, :1] + 3


def step():
    optimizer.zero_grad()
    prediction = model(x)  # BUG: target-out-of-range
    F.mse_loss(prediction, y).backward()
    optimizer.step()
