import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
        self.decoder = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64), nn.Sigmoid())

    def forward(self, x):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        code = mean + (0.5 * log_variance).exp() * tg.randn_like(mean)
        return self.decoder(code), mean, log_variance


model = Autoencoder()
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
x = (tg.rand(64, 64) > 0.7).float()
history = []


def step():
    output, mean, log_variance = model(x)
    fit = F.binary_cross_entropy(output, x, reduction="sum")
    divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
    loss = (fit + divergence) / len(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    history.append(loss.detach())
