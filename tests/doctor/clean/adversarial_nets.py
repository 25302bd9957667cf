import topograd as tg
from topograd import nn

generator = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(32, 1))
first = tg.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
second = tg.optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999))
loss_of = nn.BCEWithLogitsLoss()


def step():
    real = tg.randn(32, 2) + 2
    with tg.no_grad():
        fake = generator(tg.randn(32, 8))
    second.zero_grad()
    loss = loss_of(critic(real), tg.ones(32, 1)) + loss_of(critic(fake), tg.zeros(32, 1))
    loss.backward()
    second.step()
    first.zero_grad()
    loss_of(critic(generator(tg.randn(32, 8))), tg.ones(32, 1)).backward()
    first.step()
