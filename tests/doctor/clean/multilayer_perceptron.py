import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 5))
optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
points = tg.randn(256, 20)
data = tg.utils.data.DataLoader(
    tg.utils.data.TensorDataset(points, points[:, :5].argmax(1)), batch_size=32, shuffle=True
)
other, labels = tg.randn(64, 20), tg.randint(0, 5, (64,))
total = 0.0


def step(x, y):
    global total
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    total += loss.item()
    model.eval()
    with tg.no_grad():
        return (model(other).argmax(1) == labels).float().mean().item()
