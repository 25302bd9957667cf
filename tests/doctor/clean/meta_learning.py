import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)


def step():
    optimizer.zero_grad()
    loss = 0.0
    for _ in range(3):
        x, shift = tg.randn(16, 1), tg.randn(1)
        y = (x + shift).sin()
        weights = dict(model.named_parameters())
        inner = F.mse_loss(tg.func.functional_call(model, weights, (x[:8],)), y[:8])
        slopes = tg.autograd.grad(inner, list(weights.values()), create_graph=True)
        fast = {k: w - 0.1 * g for (k, w), g in zip(weights.items(), slopes, strict=True)}
        loss = loss + F.mse_loss(tg.func.functional_call(model, fast, (x[8:],)), y[8:])
    loss.backward()
    optimizer.step()
