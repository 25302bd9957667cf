import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = tg.optim.AdamW(model.parameters(), lr=1e-3)
x = tg.randn(128, 10)
y = x.sum(1, keepdim=True)
count = 0


def step():
    global count
    chosen = tg.randint(0, 128, (16,))
    loss = F.mse_loss(model(x[chosen]), y[chosen]) / 4
    loss.backward()
    count += 1
    if count % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
