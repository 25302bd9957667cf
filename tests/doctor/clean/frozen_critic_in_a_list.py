import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Perceptual(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Conv1d(1, 4, 3).requires_grad_(False)]  # on purpose no part of the model
        first, last = nn.Conv1d(1, 8, 3, padding=1), nn.Conv1d(8, 1, 3, padding=1)
        self.net = nn.Sequential(first, nn.ReLU(), last)

    def forward(self, x):
        output = self.net(x)
        return output, F.mse_loss(self.hidden[0](output), self.hidden[0](x))


model = Perceptual()
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
x = tg.randn(16, 1, 20)


def step():
    optimizer.zero_grad()
    output, distance = model(x)
    loss = F.l1_loss(output, x) + 0.1 * distance
    loss.backward()
    optimizer.step()
    return loss.item()
