"""A normalizing flow of affine couplings that learns the density of points on rings."""

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Independent, MultivariateNormal, Normal


class CouplingLayer(nn.Module):
    """One half of the numbers decides how the other half is scaled and shifted."""

    def __init__(self, dim, hidden, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.scale = nn.Sequential(
            nn.Linear(dim, hidden), nn.LeakyReLU(), nn.Linear(hidden, dim), nn.Tanh()
        )
        self.shift = nn.Sequential(nn.Linear(dim, hidden), nn.LeakyReLU(), nn.Linear(hidden, dim))

    def forward(self, x):
        kept = x * self.mask
        s = self.scale(kept) * (1 - self.mask)
        t = self.shift(kept) * (1 - self.mask)
        return kept + (1 - self.mask) * (x * torch.exp(s) + t), s.sum(dim=1)

    def inverse(self, z):
        kept = z * self.mask
        s = self.scale(kept) * (1 - self.mask)
        t = self.shift(kept) * (1 - self.mask)
        return kept + (1 - self.mask) * ((z - t) * torch.exp(-s))


class RealNVP(nn.Module):
    def __init__(self, dim=2, hidden=32, couplings=4):
        super().__init__()
        masks = [torch.tensor([float((i + j) % 2) for j in range(dim)]) for i in range(couplings)]
        self.layers = nn.ModuleList([CouplingLayer(dim, hidden, mask) for mask in masks])
        self.register_buffer("loc", torch.zeros(dim))
        self.register_buffer("covariance", torch.eye(dim))

    @property
    def prior(self):
        return MultivariateNormal(self.loc, self.covariance)

    def forward(self, x):
        log_det = torch.zeros(x.shape[0])
        for layer in self.layers:
            x, change = layer(x)
            log_det = log_det + change
        return x, log_det

    def log_prob(self, x):
        z, log_det = self(x)
        return self.prior.log_prob(z) + log_det

    @torch.no_grad()
    def decode(self, z):
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z


def rings(rng, count):
    angle = rng.uniform(0, 2 * np.pi, count)
    radius = rng.choice([0.7, 2.0], count) + 0.1 * rng.standard_normal(count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return torch.from_numpy(points).float()


def main(initialize=None, steps=60, batch_size=128):
    rng = np.random.default_rng(3)
    flow = RealNVP()
    if initialize is not None:
        initialize(flow)
    count = sum(p.numel() for p in flow.parameters() if p.requires_grad)
    print(f"{count} parameters")
    optimizer = torch.optim.Adamax(flow.parameters(), lr=4e-2)
    scheduler = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=steps, power=0.5)
    losses = []
    for step in range(steps):
        loss = -flow.log_prob(rings(rng, batch_size)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if step % 10 == 0:
            print(f"step {step:3d}: negative log likelihood {loss.item():.4f}")
    # What is decoded is encoded back to itself, and simple noise fits worse.
    z = torch.from_numpy(rng.standard_normal((16, 2)).astype(np.float32))
    flow.eval()
    with torch.no_grad():
        again, _ = flow(flow.decode(z))
        x = rings(rng, 256)
        plain = Independent(Normal(x.mean(0), x.std(0)), 1).log_prob(x).mean()
        print(f"flow {flow.log_prob(x).mean().item():.3f}, plain normal {plain.item():.3f}")
    assert torch.allclose(again, z, atol=1e-3)
    return losses


if __name__ == "__main__":
    main()
