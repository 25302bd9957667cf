"""Model-agnostic meta-learning of sinusoids: gradients of what was learned by gradients."""

from collections import OrderedDict

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Regressor(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.net = nn.Sequential(
            OrderedDict(
                [
                    ("l1", nn.Linear(1, hidden)),
                    ("relu1", nn.Tanh()),
                    ("l2", nn.Linear(hidden, hidden)),
                    ("relu2", nn.Tanh()),
                    ("l3", nn.Linear(hidden, 1)),
                ]
            )
        )

    def forward(self, x, weights=None):
        if weights is None:
            return self.net(x)
        x = torch.tanh(F.linear(x, weights["net.l1.weight"], weights["net.l1.bias"]))
        x = torch.tanh(F.linear(x, weights["net.l2.weight"], weights["net.l2.bias"]))
        return F.linear(x, weights["net.l3.weight"], weights["net.l3.bias"])


class SinusoidTask:
    def __init__(self, rng):
        self.rng = rng
        self.amplitude = rng.uniform(0.5, 2.0)
        self.phase = rng.uniform(0, np.pi)

    def sample(self, shots):
        x = self.rng.uniform(-3.0, 3.0, (shots, 1)).astype(np.float32)
        y = (self.amplitude * np.sin(x + self.phase)).astype(np.float32)
        return torch.from_numpy(x), torch.from_numpy(y)


class MAML:
    def __init__(self, model, inner_lr, meta_lr, inner_steps=2, first_order=False):
        self.model = model
        self.inner_lr = inner_lr
        self.inner_steps = inner_steps
        self.first_order = first_order
        self.criterion = nn.MSELoss()
        self.meta_optimizer = torch.optim.Adam(model.parameters(), lr=meta_lr)

    def adapt(self, x, y):
        """Weights after a few gradient steps, as functions of the weights before them."""
        weights = OrderedDict(self.model.named_parameters())
        for _ in range(self.inner_steps):
            loss = self.criterion(self.model(x, weights), y)
            grads = torch.autograd.grad(
                loss, list(weights.values()), create_graph=not self.first_order
            )
            weights = OrderedDict(
                (name, w - self.inner_lr * g)
                for (name, w), g in zip(weights.items(), grads, strict=True)
            )
        return weights

    def meta_step(self, tasks, shots=8):
        meta_loss = 0
        for task in tasks:
            weights = self.adapt(*task.sample(shots))
            x, y = task.sample(shots)
            meta_loss = meta_loss + self.criterion(self.model(x, weights), y)
        meta_loss = meta_loss / len(tasks)
        self.meta_optimizer.zero_grad()
        meta_loss.backward()
        self.meta_optimizer.step()
        return meta_loss.item()


def main(initialize=None, steps=40):
    rng = np.random.default_rng(7)
    model = Regressor()
    if initialize is not None:
        initialize(model)
    learner = MAML(model, inner_lr=0.05, meta_lr=1e-2)
    losses = []
    for step in range(steps):
        losses.append(learner.meta_step([SinusoidTask(rng) for _ in range(4)]))
        if step % 10 == 0:
            print(f"step {step:3d}  meta loss {losses[-1]:.4f}")
    task = SinusoidTask(rng)
    weights = learner.adapt(*task.sample(8))
    with torch.no_grad():
        x, y = task.sample(50)
        before, after = F.mse_loss(model(x), y), F.mse_loss(model(x, weights), y)
    print(f"a new task: {before.item():.3f} before, {after.item():.3f} after adaptation")
    return losses


if __name__ == "__main__":
    main()
