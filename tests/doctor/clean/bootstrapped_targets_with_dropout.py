import topograd as tg
import topograd.nn.functional as F
from topograd import nn

net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2))
optimizer = tg.optim.Adam(net.parameters(), lr=1e-3)


def step():
    states, following = tg.randn(32, 4), tg.randn(32, 4)
    with tg.no_grad():
        wanted = 0.9 * net(following).max(1, keepdim=True).values + 1
    loss = F.mse_loss(net(states).gather(1, tg.randint(0, 2, (32, 1))), wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
