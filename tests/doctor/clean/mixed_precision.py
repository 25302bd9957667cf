import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
scaler = tg.GradScaler("cpu")
x, y = tg.randn(64, 16), tg.randint(0, 4, (64,))


def step():
    optimizer.zero_grad()
    with tg.autocast("cpu", dtype=tg.bfloat16):
        loss = F.cross_entropy(model(x).float(), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
