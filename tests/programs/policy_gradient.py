"""An actor with a critic that learns to balance a pole on a cart."""

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical


class CartPole:
    """A pole hinged to a cart that is pushed left or right at every step."""

    gravity, mass_cart, mass_pole, half_length, force, tau = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02

    def __init__(self, rng):
        self.rng = rng

    def reset(self):
        self.state = self.rng.uniform(-0.05, 0.05, 4)
        self.steps = 0
        return self.state.astype(np.float32)

    def step(self, action):
        x, x_dot, theta, theta_dot = self.state
        total = self.mass_cart + self.mass_pole
        push = self.force if action == 1 else -self.force
        swing = self.mass_pole * self.half_length * theta_dot**2 * math.sin(theta)
        lean = (push + swing) / total
        inertia = 4.0 / 3.0 - self.mass_pole * math.cos(theta) ** 2 / total
        theta_acc = (self.gravity * math.sin(theta) - math.cos(theta) * lean) / (
            self.half_length * inertia
        )
        x_acc = lean - self.mass_pole * self.half_length * theta_acc * math.cos(theta) / total
        self.state = np.array(
            [
                x + self.tau * x_dot,
                x_dot + self.tau * x_acc,
                theta + self.tau * theta_dot,
                theta_dot + self.tau * theta_acc,
            ]
        )
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180
        return self.state.astype(np.float32), 1.0, bool(fallen or self.steps >= 100)


class ActorCritic(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.affine = nn.Linear(4, hidden)
        self.action_head = nn.Linear(hidden, 2)
        self.value_head = nn.Linear(hidden, 1)

    def forward(self, x):
        x = torch.tanh(self.affine(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x).squeeze(-1)


def run_episode(env, model, rng):
    """States, actions and rewards until the pole falls."""
    states, actions, rewards = [], [], []
    state, done = env.reset(), False
    while not done:
        with torch.no_grad():
            probs, _ = model(torch.from_numpy(state))
        action = int(rng.random() > probs[0].item())
        states.append(state)
        actions.append(action)
        state, reward, done = env.step(action)
        rewards.append(reward)
    return states, actions, rewards


def discounted(rewards, gamma=0.9):
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + gamma * total
        returns.insert(0, total)
    return returns


def main(initialize=None, updates=24, episodes=4):
    rng = np.random.default_rng(543)
    env = CartPole(rng)
    model = ActorCritic()
    if initialize is not None:
        initialize(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-2)
    losses, lengths = [], []
    for update in range(updates):
        states, actions, returns = [], [], []
        for _ in range(episodes):
            s, a, r = run_episode(env, model, rng)
            states += s
            actions += a
            returns += discounted(r)
            lengths.append(len(r))
        probs, values = model(torch.tensor(np.array(states)))
        policy = Categorical(probs)
        target = torch.tensor(returns, dtype=torch.float32)
        advantage = target - values.detach()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        policy_loss = -(policy.log_prob(torch.tensor(actions)) * advantage).mean()
        value_loss = F.smooth_l1_loss(values, target)
        loss = policy_loss + value_loss - 0.01 * policy.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_value_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        print(f"update {update}\tloss {loss.item():.4f}\tlength {np.mean(lengths[-episodes:]):.1f}")
    return losses


if __name__ == "__main__":
    main()
