import topograd as tg
import topograd.nn.functional as F
from topograd import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 16)
        self.lstm = nn.LSTM(16, 24, num_layers=2, batch_first=True)
        self.head = nn.Linear(24, 30)

    def forward(self, ids, state):
        output, state = self.lstm(self.embedding(ids), state)
        return self.head(output), state


model = Tagger()
optimizer = tg.optim.Adam(model.parameters(), lr=1e-2)
text = tg.randint(0, 30, (8, 64))
state, place = None, 0


def step():
    global state, place
    ids, targets = text[:, place : place + 8], text[:, place + 1 : place + 9]
    place = (place + 8) % 48
    logits, state = model(ids, state)
    state = tuple(one.detach() for one in state)
    loss = F.cross_entropy(logits.transpose(1, 2), targets)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    nn.utils.clip_grad_value_(model.parameters(), 1.0)
    optimizer.step()
