import topograd as tg
from topograd import nn

model = nn.Sequential(
    nn.Linear(8, 16),
    nn.ReLU(),
    nn.Linear(16, 3),
    nn.Softmax(dim=1),
)
optimizer = tg.optim.Adam(model.parameters())
x, y = tg.randn(32, 8), tg.randint(0, 3, (32,))
criterion = nn.CrossEntropyLoss()


def step():
    optimizer.zero_grad()
    probabilities = model(x)  # BUG: softmax-before-cross-entropy
    loss = criterion(probabilities, y)
    loss.backward()
    optimizer.step()
