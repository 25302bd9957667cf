import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(8, 4), nn.Linear(4, 8)

    def forward(self, x):
        code = tg.tanh(self.encoder(x)).detach()  # BUG: gradient-cut
        return self.decoder(code)


model = AutoEncoder()
optimizer = tg.optim.Adam(model.parameters())
x = tg.randn(32, 8)


def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), x).backward()
    optimizer.step()
