import topograd as tg
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


@tg.inference_mode()
def step():
    model.eval()
    return (model(x).argmax(1) == y).float().mean().item()
