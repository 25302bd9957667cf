import topograd as tg
import topograd.nn.functional as F
from topograd import nn

policy, baseline = nn.Linear(4, 2), nn.Linear(4, 1)
optimizer = tg.optim.Adam([*policy.parameters(), *baseline.parameters()], lr=1e-2)


def step():
    states = tg.randn(32, 4)
    chances = tg.distributions.Categorical(logits=policy(states))
    actions = chances.sample()
    rewards = (actions == (states[:, 0] > 0)).float()
    values = baseline(states).squeeze(1)
    advantage = rewards - values.detach()
    loss = -(chances.log_prob(actions) * advantage).mean() + F.mse_loss(values, rewards)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
