"""A variational autoencoder of small pictures of bars."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence
from torch.utils.data import DataLoader, TensorDataset


class VAE(nn.Module):
    def __init__(self, input_dim=64, hidden_dim=64, latent_dim=4):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(input_dim, hidden_dim),
            nn.ReLU(inplace=True),
            nn.Linear(hidden_dim, hidden_dim),
            nn.ReLU(inplace=True),
        )
        self.fc_mu = nn.Linear(hidden_dim, latent_dim)
        self.fc_logvar = nn.Linear(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ELU(),
            nn.Linear(hidden_dim, input_dim),
            nn.Unflatten(1, (1, 8, 8)),
        )

    def encode(self, x):
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu, logvar, rng):
        std = torch.exp(0.5 * logvar)
        eps = torch.from_numpy(rng.standard_normal(std.shape).astype(np.float32))
        return mu + eps * std

    def forward(self, x, rng):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar, rng)
        return self.decoder(z), mu, logvar


def bars(rng, count):
    """Pictures with one bright row and one bright column."""
    images = np.zeros((count, 1, 8, 8), dtype=np.float32)
    images[np.arange(count), 0, rng.integers(0, 8, count), :] = 1.0
    images[np.arange(count), 0, :, rng.integers(0, 8, count)] = 1.0
    return images


def loss_function(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    posterior = Normal(mu, torch.exp(0.5 * logvar))
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return reconstruction + kl_divergence(posterior, prior).sum()


def main(initialize=None, epochs=4):
    rng = np.random.default_rng(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dataset = TensorDataset(torch.from_numpy(bars(rng, 320)))
    loader = DataLoader(dataset, batch_size=32, shuffle=False, drop_last=True)
    model = VAE().to(device)
    if initialize is not None:
        initialize(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()
        for (x,) in loader:
            x = x.to(device)
            logits, mu, logvar = model(x, rng)
            loss = loss_function(logits, x, mu, logvar) / len(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        print(f"====> Epoch: {epoch} Average loss: {np.mean(losses[-len(loader) :]):.4f}")
    model.eval()
    with torch.no_grad():
        z = torch.from_numpy(rng.standard_normal((4, 4)).astype(np.float32))
        pictures = torch.sigmoid(model.decoder(z))
    assert pictures.shape == (4, 1, 8, 8)
    return losses


if __name__ == "__main__":
    main()
