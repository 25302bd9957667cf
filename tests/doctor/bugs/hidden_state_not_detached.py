import topograd as tg
import topograd.nn.functional as F
from topograd import nn

cell, head = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 1)
optimizer = tg.optim.Adam([*cell.parameters(), *head.parameters()])
x, y = tg.randn(4, 5, 3), tg.randn(4, 5, 1)
hidden = None


def step():
    global hidden
    output, hidden = cell(x, hidden)
    loss = F.mse_loss(head(output), y)
    optimizer.zero_grad()
    loss.backward()  # BUG: backward-twice
    optimizer.step()
