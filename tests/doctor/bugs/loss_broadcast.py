import topograd as tg
from topograd import nn

model = nn.Linear(3, 1)
optimizer = tg.optim.SGD(model.parameters(), lr=0.01)
x, y = tg.randn(32, 3), tg.randn(32)


def step():
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).mean()  # BUG: loss-broadcast
    loss.backward()
    optimizer.step()
