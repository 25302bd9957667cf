import topograd as tg
from topograd import nn

model = nn.Linear(8, 3)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    predicted = model(x).argmax(1)  # BUG: loss-not-connected
    loss = (predicted != y).float().mean()
    loss.backward()
    optimizer.step()
