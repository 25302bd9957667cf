import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(784, 32), nn.Linear(32, 784)

    def forward(self, x):
        return self.decoder(F.relu(self.encoder(x)))


model = Autoencoder()
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
x = (tg.rand(128, 784) > 0.8).float()


def step():
    optimizer.zero_grad()
    F.binary_cross_entropy_with_logits(model(x), x, reduction="sum").backward()
    optimizer.step()
