import topograd as tg
from topograd import nn

model = nn.Linear(4, 1)
optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
x = tg.randn(32, 4)


def step():
    optimizer.zero_grad()
    p = (model(x) - 1e6).sigmoid()
    loss = -p.log().mean()
    loss.backward()  # BUG: not-finite
    optimizer.step()
