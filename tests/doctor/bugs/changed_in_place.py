import topograd as tg
from topograd import nn

model = nn.Linear(8, 4)
optimizer = tg.optim.SGD(model.parameters(), lr=0.01)
x = tg.randn(64, 8)


def step():
    optimizer.zero_grad()
    hidden = model(x).exp()
    loss = (hidden**2).mean()
    hidden += 1
    loss.backward()  # BUG: step-failed
    optimizer.step()
