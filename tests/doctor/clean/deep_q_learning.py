import topograd as tg
import topograd.nn.functional as F
from topograd import nn

online = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
target = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
target.load_state_dict(online.state_dict())
optimizer = tg.optim.RMSprop(online.parameters(), lr=1e-3)


def step():
    states, following = tg.randn(32, 4), tg.randn(32, 4)
    actions, rewards = tg.randint(0, 2, (32, 1)), tg.randn(32)
    with tg.no_grad():
        wanted = rewards + 0.99 * target(following).max(1).values
    chosen = online(states).gather(1, actions).squeeze(1)
    loss = F.smooth_l1_loss(chosen, wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
