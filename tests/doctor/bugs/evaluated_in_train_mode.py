import topograd as tg
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))


def step():
    with tg.no_grad():
        output = model(x)  # BUG: train-while-evaluating
    return (output.argmax(1) == y).sum().item()
