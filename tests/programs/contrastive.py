"""Contrastive learning: two views of one picture should be mapped to nearby points."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class TwoViews(Dataset):
    """Blobs of random places and widths; an item is a picture changed at random in two ways."""

    def __init__(self, count, seed):
        self.rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:12, 0:12]
        centers = self.rng.uniform(2, 10, (2, count, 1, 1))
        widths = self.rng.uniform(1.0, 3.0, (count, 1, 1))
        distance = (x - centers[0]) ** 2 + (y - centers[1]) ** 2
        self.images = np.exp(-distance / (2 * widths**2)).astype(np.float32)

    def __len__(self):
        return len(self.images)

    def view(self, image):
        shifted = np.roll(image, self.rng.integers(-1, 2, 2), axis=(0, 1))
        noisy = shifted * self.rng.uniform(0.8, 1.2) + 0.05 * self.rng.standard_normal(image.shape)
        return torch.from_numpy(noisy.astype(np.float32))[None]

    def __getitem__(self, index):
        return self.view(self.images[index]), self.view(self.images[index])


class Encoder(nn.Module):
    def __init__(self, feature_dim=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.GroupNorm(2, 8),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
        )
        self.projector = nn.Sequential(
            nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, feature_dim)
        )

    def forward(self, x):
        h = self.features(x)
        return h, F.normalize(self.projector(h), dim=-1)


class NTXentLoss(nn.Module):
    """The other view is the right answer among all other pictures of the batch."""

    def __init__(self, temperature=0.2):
        super().__init__()
        self.temperature = temperature

    def forward(self, z_i, z_j):
        n = z_i.size(0)
        z = torch.cat([z_i, z_j], dim=0)
        similarity = z @ z.T / self.temperature
        similarity = similarity.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
        labels = torch.cat([torch.arange(n) + n, torch.arange(n)])
        return F.cross_entropy(similarity, labels)


def main(initialize=None, epochs=5):
    dataset = TwoViews(96, seed=0)
    loader = DataLoader(dataset, batch_size=24, shuffle=False, drop_last=True, num_workers=0)
    model = Encoder()
    if initialize is not None:
        initialize(model)
    criterion = NTXentLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.2, total_iters=4)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, cosine], milestones=[4])
    losses = []
    for epoch in range(epochs):
        model.train()
        running_loss = 0.0
        for view_i, view_j in loader:
            _, z_i = model(view_i)
            _, z_j = model(view_j)
            loss = criterion(z_i, z_j)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
            running_loss += loss.item()
        print(f"epoch {epoch}: {running_loss / len(loader):.4f}")
    model.eval()
    with torch.inference_mode():
        h, _ = model(torch.stack([dataset[i][0] for i in range(8)]))
    assert h.shape == (8, 64)
    return losses


if __name__ == "__main__":
    main()
