"""A network of sines that learns a picture from its slopes alone."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class SineLayer(nn.Module):
    def __init__(self, in_features, out_features, bias=True, is_first=False, omega_0=30):
        super().__init__()
        self.omega_0 = omega_0
        self.is_first = is_first
        self.in_features = in_features
        self.linear = nn.Linear(in_features, out_features, bias=bias)
        self.init_weights()

    def init_weights(self):
        bound = 1 / self.in_features
        if not self.is_first:
            bound = np.sqrt(6 / self.in_features) / self.omega_0
        with torch.no_grad():
            self.linear.weight.uniform_(-bound, bound)

    def forward(self, x):
        return torch.sin(self.omega_0 * self.linear(x))


class Siren(nn.Module):
    def __init__(self, in_features, hidden_features, hidden_layers, out_features, omega=8.0):
        super().__init__()
        net = [SineLayer(in_features, hidden_features, is_first=True, omega_0=omega)]
        for _ in range(hidden_layers):
            net.append(SineLayer(hidden_features, hidden_features, omega_0=2.0))
        net.append(nn.Linear(hidden_features, out_features))
        self.net = nn.Sequential(*net)

    def forward(self, coords):
        coords = coords.clone().detach().requires_grad_(True)  # allows derivatives w.r.t. input
        return self.net(coords), coords


def gradient(y, x, grad_outputs=None):
    if grad_outputs is None:
        grad_outputs = torch.ones_like(y)
    return torch.autograd.grad(y, [x], grad_outputs=grad_outputs, create_graph=True)[0]


def divergence(y, x):
    total = 0.0
    for i in range(y.shape[-1]):
        total = total + gradient(y[..., i], x, torch.ones_like(y[..., i]))[..., i : i + 1]
    return total


def laplace(y, x):
    return divergence(gradient(y, x), x)


def get_mgrid(side, dim=2):
    axes = dim * (torch.linspace(-1, 1, steps=side),)
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    return grid.reshape(-1, dim)


class Hill(Dataset):
    """Points of a picture with its value, slopes and Laplacian."""

    def __init__(self, side):
        self.coords = get_mgrid(side)
        x, y = self.coords.unbind(-1)
        height = torch.exp(-2 * (x**2 + y**2))
        self.pixels = height[:, None]
        self.slopes = torch.stack((-4 * x * height, -4 * y * height), dim=-1)
        self.laplace = ((16 * (x**2 + y**2) - 8) * height)[:, None]

    def __len__(self):
        return 1

    def __getitem__(self, index):
        truth = {"pixels": self.pixels, "slopes": self.slopes, "laplace": self.laplace}
        return self.coords, truth


def main(initialize=None, steps=25):
    loader = DataLoader(Hill(12), batch_size=1, num_workers=0)
    model = Siren(in_features=2, hidden_features=32, hidden_layers=1, out_features=1)
    if initialize is not None:
        initialize(model)
    optimizer = torch.optim.Adam(params=model.parameters(), lr=2e-3)
    coords, truth = next(iter(loader))
    losses = []
    for step in range(steps):
        output, x = model(coords)
        slopes = gradient(output, x)
        curved = laplace(output, x)
        loss = ((slopes - truth["slopes"]) ** 2).mean()
        loss = loss + 0.05 * ((curved - truth["laplace"]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 5 == 0:
            print(f"Step {step}, Total loss {loss:0.6f}")
    return losses


if __name__ == "__main__":
    main()
