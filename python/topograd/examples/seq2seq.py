"""Sequence to sequence with attention: dates as people write them become dates as machines do.

"3rd of March, 1987" or "Tue 3 Mar 87" goes in, "1987-03-03" comes out, character by character. The
encoder, a recurrent network (GRU) that reads both ways, turns every character of the input into a
vector that knows its surroundings. The decoder, another GRU, writes one character after the other:
before each it looks back. Its state gives every input character a score, the softmax of the scores
gives weights, and the weighted mean of the vectors, the context, tells with the state what to write
(Bahdanau et al., 2015; the scores are those of Luong et al., 2015). While it learns, the decoder is
given the right characters so far (teacher forcing), so that all places are trained in one pass;
afterwards it goes on from what it wrote itself.

Data: generated; every tenth day of the years 1950 to 2049 is kept apart and tested with.
Expected result: a share of at least 0.98 of the test dates right in all ten characters.
The picture shows the loss, the accuracy, and where the decoder looked for each character of a date.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples._dates import LENGTH, SYMBOLS, encoded, pairs
from topograd.examples._panels import Heat
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import Adam
from topograd.optim.lr_scheduler import CosineAnnealingLR

TESTED, EVERY = 500, 25


class Translator(nn.Module):
    """Encoder, decoder, and the attention between them."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.symbols = nn.Embedding(len(SYMBOLS), hidden // 2)
        self.encoder = nn.GRU(hidden // 2, hidden // 2, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(hidden // 2, hidden, batch_first=True)
        self.score = nn.Linear(hidden, hidden, bias=False)
        self.head = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.Tanh())
        self.head.append(nn.Linear(hidden, len(SYMBOLS)))

    def encode(self, written: Tensor) -> Tensor:
        """Return a vector for every character: (N, S) to (N, S, hidden)."""
        vectors: Tensor = self.encoder(self.symbols(written))[0]
        return vectors

    def decode(
        self, vectors: Tensor, filled: Tensor, before: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (N, T, symbols), attention (N, T, S) and the decoder's last state.

        filled: (N, S) bool, where the input has ended.  before: (N, T), the characters that stand
        before those to be written.
        """
        states, state = self.decoder(self.symbols(before), state)
        scores = self.score(states) @ vectors.transpose(1, 2)
        attention = scores.masked_fill(filled.unsqueeze(1), -tg.inf).softmax(dim=2)
        logits = self.head(tg.cat([states, attention @ vectors], dim=2))
        return logits, attention, state

    def translate(self, written: Tensor) -> tuple[Tensor, Tensor]:
        """Return the likeliest character at each place, (N, LENGTH), and the attention."""
        with tg.no_grad():
            vectors, filled = self.encode(written), written == 0
            last, state = tg.zeros(len(written), 1, dtype=tg.int64), None
            read, looks = [], []
            for _ in range(LENGTH):
                logits, attention, state = self.decode(vectors, filled, last, state)
                last = logits.argmax(dim=2)
                read.append(last)
                looks.append(attention)
        return tg.cat(read, dim=1), tg.cat(looks, dim=1)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the accuracy, draw the attention."""
    run = Run("seq2seq", __doc__, argv, steps=600, hidden=128, batch_size=64, lr=6e-3)
    generator = random.Random(run.options.seed)
    tests = pairs(generator, TESTED, test=True)
    model = Translator(run.options.hidden)
    optimizer = Adam(model.parameters(), lr=run.options.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=run.options.steps)
    for step in run.steps(run.options.steps, "step"):
        written, meant = pairs(generator, run.options.batch_size, test=False)
        before = F.pad(meant[:, :-1], (1, 0))
        logits, _, _ = model.decode(model.encode(written), written == 0, before)
        loss = F.cross_entropy(logits.flatten(0, 1), meant.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        run.record(loss=loss.item())
        if step % EVERY == 0 or step == run.options.steps:
            right = (model.translate(tests[0])[0] == tests[1]).all(dim=1)
            run.record(accuracy=right.float().mean().item())
    text = "3rd of march, 1987"
    read, looks = model.translate(encoded([text]))
    run.finish(
        "share of dates right in full",
        run.history["accuracy"][1][-1],
        run.lines("Cross-entropy", "nats per character", "loss", logarithmic=True),
        run.lines("Test dates", "share right in full", "accuracy"),
        Heat(
            "Where the decoder looks",
            "read",
            "written",
            looks[0].tolist(),
            [SYMBOLS[number] for number in read[0].tolist()],
            list(text),
        ),
    )


if __name__ == "__main__":
    main()
