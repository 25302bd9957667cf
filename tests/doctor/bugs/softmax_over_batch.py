import topograd as tg
from topograd import nn

model = nn.Linear(8, 3)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    p = tg.softmax(model(x), dim=0)  # BUG: softmax-over-batch
    loss = -p[tg.arange(32), y].log().mean()
    loss.backward()
    optimizer.step()
