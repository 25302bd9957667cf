"""A character model: an LSTM trained by truncated backpropagation through time."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import Variable

TEXT = (
    "it was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, "
) * 3


class CharLSTM(nn.Module):
    def __init__(self, vocab_size, hidden_size=48, num_layers=2, kind="lstm"):
        super().__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.encoder = nn.Embedding(vocab_size, hidden_size)
        recurrent = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind]
        self.rnn = recurrent(hidden_size, hidden_size, num_layers, batch_first=True)
        self.decoder = nn.Linear(hidden_size, vocab_size)

    def forward(self, inputs, hidden):
        output, hidden = self.rnn(self.encoder(inputs), hidden)
        return self.decoder(output), hidden

    def init_hidden(self, batch_size):
        shape = (self.num_layers, batch_size, self.hidden_size)
        return Variable(torch.zeros(shape)), Variable(torch.zeros(shape))


def batchify(indices, batch_size):
    count = len(indices) // batch_size
    return torch.LongTensor(indices[: count * batch_size]).view(batch_size, count)


@torch.no_grad()
def sample(model, start, length, chars):
    model.eval()
    hidden = model.init_hidden(1)
    indices = [chars.index(c) for c in start]
    logits, hidden = model(torch.tensor([indices]), hidden)
    text = start
    for _ in range(length):
        index = logits[0, -1].topk(1)[1].item()
        text += chars[index]
        logits, hidden = model(torch.tensor([[index]]), hidden)
    model.train()
    return text


def main(initialize=None, epochs=3):
    chars = sorted(set(TEXT))
    data = batchify(np.array([chars.index(c) for c in TEXT]), batch_size=4)
    model = CharLSTM(len(chars))
    if initialize is not None:
        initialize(model)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.RMSprop(model.parameters(), lr=4e-3, alpha=0.95)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    seq_len = 16
    losses = []
    for epoch in range(epochs):
        hidden = model.init_hidden(data.size(0))
        total = 0.0
        for i in range(0, data.size(1) - 1 - seq_len, seq_len):
            inputs = data[:, i : i + seq_len]
            targets = data[:, i + 1 : i + 1 + seq_len]
            hidden = tuple(h.detach() for h in hidden)
            model.zero_grad()
            logits, hidden = model(inputs, hidden)
            loss = criterion(logits.reshape(-1, len(chars)), targets.reshape(-1))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=5.0)
            optimizer.step()
            losses.append(loss.item())
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch}: mean loss {total / (i // seq_len + 1):.3f}")
    print(sample(model, "it was ", 30, chars))
    return losses


if __name__ == "__main__":
    main()
