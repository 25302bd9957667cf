"""Deep Q-learning with replay and a target network: the way through a grid to its far corner."""

import random
from collections import deque, namedtuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward", "done"))


class Grid:
    moves = ((0, 1), (1, 0), (0, -1), (-1, 0))

    def __init__(self, size=4):
        self.size = size

    def observe(self):
        state = np.zeros((self.size, self.size), dtype=np.float32)
        state[self.place] = 1.0
        return state.reshape(-1)

    def reset(self):
        self.place, self.steps = (0, 0), 0
        return self.observe()

    def step(self, action):
        moved = np.array(self.place) + self.moves[action]
        self.place = tuple(int(c) for c in np.clip(moved, 0, self.size - 1))
        self.steps += 1
        arrived = self.place == (self.size - 1, self.size - 1)
        return self.observe(), 1.0 if arrived else -0.05, arrived or self.steps >= 30


class ReplayMemory:
    def __init__(self, capacity, rng):
        self.memory = deque(maxlen=capacity)
        self.rng = rng

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return Transition(*zip(*self.rng.sample(list(self.memory), batch_size), strict=True))

    def __len__(self):
        return len(self.memory)


class DuelingDQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, 32)
        self.value = nn.Linear(32, 1)
        self.advantage = nn.Linear(32, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean(dim=1, keepdim=True)


def optimize(batch, policy_net, target_net, optimizer, gamma=0.95):
    states = torch.tensor(np.stack(batch.state))
    next_states = torch.tensor(np.stack(batch.next_state))
    actions = torch.tensor(batch.action).view(-1, 1)
    rewards = torch.tensor(batch.reward, dtype=torch.float32)
    non_final = torch.tensor([not d for d in batch.done], dtype=torch.bool)
    values = policy_net(states).gather(1, actions).squeeze(1)
    next_values = torch.zeros(len(rewards))
    with torch.no_grad():
        next_values[non_final] = target_net(next_states[non_final]).max(1).values
    loss = nn.SmoothL1Loss()(values, rewards + gamma * next_values)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


def soft_update(target_net, policy_net, tau=0.05):
    target, policy = target_net.state_dict(), policy_net.state_dict()
    for key in policy:
        target[key] = policy[key] * tau + target[key] * (1 - tau)
    target_net.load_state_dict(target)


def main(initialize=None, episodes=12, batch_size=32):
    rng = random.Random(1)
    env = Grid()
    policy_net, target_net = DuelingDQN(16, 4), DuelingDQN(16, 4)
    if initialize is not None:
        initialize(policy_net)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=3e-3, amsgrad=True)
    memory = ReplayMemory(500, rng)
    losses = []
    for episode in range(episodes):
        state, done, total = env.reset(), False, 0.0
        epsilon = max(0.1, 1.0 - episode / 8)
        while not done:
            if rng.random() < epsilon:
                action = rng.randrange(4)
            else:
                with torch.no_grad():
                    action = policy_net(torch.from_numpy(state).unsqueeze(0)).argmax(1).item()
            next_state, reward, done = env.step(action)
            memory.push(state, action, next_state, reward, done)
            state, total = next_state, total + reward
            if len(memory) >= batch_size:
                batch = memory.sample(batch_size)
                losses.append(optimize(batch, policy_net, target_net, optimizer))
                soft_update(target_net, policy_net)
        print(f"episode {episode}: return {total:.2f}")
    return losses


if __name__ == "__main__":
    main()
