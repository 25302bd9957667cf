import topograd as tg
from topograd import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
        )
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


model = Net()
optimizer = tg.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
scheduler = tg.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
images = tg.randint(0, 256, (64, 1, 12, 12), dtype=tg.uint8)
x, y = images.float() / 255, tg.randint(0, 10, (64,))


def step():
    chosen = tg.randperm(64)[:32]
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)(model(x[chosen]), y[chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
