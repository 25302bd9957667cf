"""A denoising diffusion model of points on two half moons."""

import copy
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class SinusoidalPositionEmbeddings(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        half_dim = self.dim // 2
        embeddings = math.log(10000) / (half_dim - 1)
        embeddings = torch.exp(torch.arange(half_dim, device=time.device) * -embeddings)
        embeddings = time[:, None] * embeddings[None, :]
        return torch.cat((embeddings.sin(), embeddings.cos()), dim=-1)


class Denoiser(nn.Module):
    def __init__(self, hidden=64, time_dim=16):
        super().__init__()
        self.time_mlp = nn.Sequential(
            SinusoidalPositionEmbeddings(time_dim), nn.Linear(time_dim, hidden), nn.SiLU()
        )
        self.input = nn.Linear(2, hidden)
        self.blocks = nn.ModuleList(
            [nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, hidden)) for _ in range(2)]
        )
        self.output = nn.Linear(hidden, 2)

    def forward(self, x, t):
        h = self.input(x) + self.time_mlp(t)
        for block in self.blocks:
            h = h + F.silu(block(h))
        return self.output(h)


class Diffusion:
    def __init__(self, timesteps=50):
        self.timesteps = timesteps
        self.betas = torch.linspace(1e-4, 0.05, timesteps)
        self.alphas = 1.0 - self.betas
        self.alphas_cumprod = torch.cumprod(self.alphas, dim=0)
        previous = F.pad(self.alphas_cumprod[:-1], (1, 0), value=1.0)
        self.posterior_variance = self.betas * (1 - previous) / (1 - self.alphas_cumprod)

    def q_sample(self, x_start, t, noise):
        scale = self.alphas_cumprod[t].sqrt()[:, None]
        return scale * x_start + (1 - self.alphas_cumprod[t]).sqrt()[:, None] * noise

    @torch.no_grad()
    def sample(self, model, count, rng):
        x = gaussian(rng, (count, 2))
        for i in reversed(range(self.timesteps)):
            t = torch.full((count,), i, dtype=torch.long)
            scaled = self.betas[i] / torch.sqrt(1 - self.alphas_cumprod[i]) * model(x, t)
            x = torch.rsqrt(self.alphas[i]) * (x - scaled)
            if i > 0:
                x = x + self.posterior_variance[i].sqrt() * gaussian(rng, (count, 2))
        return x


class EMA:
    """A slow copy of a model: the exponential moving average of its weights."""

    def __init__(self, model, decay=0.95):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model):
        for slow, fast in zip(self.model.parameters(), model.parameters(), strict=True):
            slow.mul_(self.decay).add_(fast, alpha=1 - self.decay)


def gaussian(rng, shape):
    return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))


def moons(rng, count):
    angle = rng.uniform(0, np.pi, count)
    side = rng.integers(0, 2, count)
    x = np.where(side, np.cos(angle), 1 - np.cos(angle))
    y = np.where(side, np.sin(angle), 0.5 - np.sin(angle))
    points = np.stack([x - 0.5, y - 0.25], 1) + 0.05 * rng.standard_normal((count, 2))
    return torch.tensor(points, dtype=torch.float32)


def main(initialize=None, steps=60, batch_size=128):
    rng = np.random.default_rng(0)
    diffusion = Diffusion()
    model = Denoiser()
    if initialize is not None:
        initialize(model)
    ema = EMA(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    losses = []
    for step in range(steps):
        x = moons(rng, batch_size)
        t = torch.from_numpy(rng.integers(0, diffusion.timesteps, batch_size)).long()
        noise = gaussian(rng, x.shape)
        predicted = model(diffusion.q_sample(x, t, noise), t)
        loss = F.smooth_l1_loss(predicted, noise)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        ema.update(model)
        losses.append(loss.item())
        if step % 20 == 0:
            print(f"step {step}: loss {loss.item():.4f}")
    points = diffusion.sample(ema.model, 64, rng)
    print("mean and spread of samples:", points.mean(0).tolist(), points.std(0).tolist())
    return losses


if __name__ == "__main__":
    main()
