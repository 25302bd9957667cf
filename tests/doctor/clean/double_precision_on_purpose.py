import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1)).double()
optimizer = tg.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)
x = tg.linspace(-1, 1, 48, dtype=tg.float64).reshape(16, 3)
y = x.sin().sum(1, keepdim=True)


def step():
    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    optimizer.step(closure)
