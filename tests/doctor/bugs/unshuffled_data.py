import topograd as tg
import topograd.nn.functional as F
from topograd import nn

images = tg.randn(96, 8)
labels = tg.arange(96) // 16
data = tg.utils.data.DataLoader(tg.utils.data.TensorDataset(images, labels), batch_size=32)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 6))
optimizer = tg.optim.Adam(model.parameters())


def step(x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)  # BUG: data-not-shuffled
    loss.backward()
    optimizer.step()
