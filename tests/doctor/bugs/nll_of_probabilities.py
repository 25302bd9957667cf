import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Linear(8, 3)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    optimizer.zero_grad()
    output = model(x).softmax(dim=1)
    loss = F.nll_loss(output, y)  # BUG: nll-without-log
    loss.backward()
    optimizer.step()
