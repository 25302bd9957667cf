import topograd as tg
import topograd.nn.functional as F
from topograd import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))
model.eval()


def step():
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)  # BUG: eval-while-training
    loss.backward()
    optimizer.step()
