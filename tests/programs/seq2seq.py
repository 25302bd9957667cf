"""A recurrent encoder and decoder with attention that reverse sequences of different lengths."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

PAD, SOS, EOS = 0, 1, 2
VOCAB = 12


class EncoderRNN(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, hidden_size, padding_idx=PAD)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden_size, hidden_size)

    def forward(self, inputs, lengths):
        packed = pack_padded_sequence(self.embedding(inputs), lengths, enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = pad_packed_sequence(outputs)
        hidden = torch.tanh(self.bridge(torch.cat([hidden[0], hidden[1]], dim=1)))
        return self.bridge(outputs), hidden.unsqueeze(0)


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2)
        weights = F.softmax(scores.masked_fill(~mask, -1e9), dim=0)
        return torch.einsum("lb,lbh->bh", weights, keys), weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, hidden_size, padding_idx=PAD)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRUCell(2 * hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, VOCAB)

    def step(self, token, hidden, keys, mask):
        context, weights = self.attention(hidden.unsqueeze(0), keys, mask)
        hidden = self.gru(torch.cat((self.embedding(token), context), dim=1), hidden)
        return self.out(hidden), hidden, weights

    def forward(self, targets, hidden, keys, mask):
        logits = []
        token = torch.full((targets.size(1),), SOS, dtype=torch.long)
        for target in targets:  # teacher forcing
            output, hidden, _ = self.step(token, hidden, keys, mask)
            logits.append(output)
            token = target
        return torch.stack(logits)


def make_batch(rng, size):
    sources, targets = [], []
    for _ in range(size):
        word = rng.integers(3, VOCAB, rng.integers(2, 6)).tolist()
        sources.append(torch.tensor([*word, EOS]))
        targets.append(torch.tensor([*word[::-1], EOS]))
    lengths = torch.tensor([len(s) for s in sources])
    return pad_sequence(sources), lengths, pad_sequence(targets, padding_value=PAD)


@torch.no_grad()
def translate(encoder, decoder, source):
    inputs = source.unsqueeze(1)
    keys, hidden = encoder(inputs, torch.tensor([len(source)]))
    token, hidden, words = torch.tensor([SOS]), hidden[0], []
    while len(words) < 8 and token.item() != EOS:
        logits, hidden, _ = decoder.step(token, hidden, keys, inputs != PAD)
        token = logits.argmax(dim=-1)
        words.append(token.item())
    return words


def main(initialize=None, steps=30, hidden_size=32):
    rng = np.random.default_rng(0)
    encoder, decoder = EncoderRNN(hidden_size), AttnDecoderRNN(hidden_size)
    if initialize is not None:
        initialize(encoder)
        initialize(decoder)
    parameters = list(encoder.parameters()) + list(decoder.parameters())
    optimizer = torch.optim.Adam(parameters, lr=1e-2, amsgrad=True)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[20], gamma=0.5)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    losses = []
    for step in range(1, steps + 1):
        sources, lengths, targets = make_batch(rng, 16)
        keys, hidden = encoder(sources, lengths)
        logits = decoder(targets, hidden[0], keys, sources != PAD)
        loss = criterion(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if step % 10 == 0:
            print(f"({step} {100 * step // steps}%) {loss.item():.4f}")
    encoder.eval()
    decoder.eval()
    print(translate(encoder, decoder, torch.tensor([5, 6, 7, EOS])))
    return losses


if __name__ == "__main__":
    main()
