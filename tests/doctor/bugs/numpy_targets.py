import numpy as np

import topograd as tg
from topograd import nn

model = nn.Linear(8, 1)
optimizer = tg.optim.Adam(model.parameters())
x = tg.randn(64, 8)
y = tg.from_numpy(np.random.default_rng(0).normal(size=(64, 1)))


def step():
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).mean()  # BUG: hidden-float64
    loss.backward()
    optimizer.step()
