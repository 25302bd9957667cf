"""An LSTM learns to write character by character, from the reference of the language Python.

A recurrent network reads one character after the other and keeps what it needs in a state of fixed
size; after each it gives the probabilities of the next. The LSTM's state passes from step to step
through gates between 0 and 1, so that the gradient survives many steps (Hochreiter and Schmidhuber,
1997). It is trained on windows of 64 characters by backpropagation through time; the gradient's
norm is clipped, since products over many steps can explode. The loss is the cross-entropy of the
next character in nats: log(94) = 4.5 would be guessing, 3.2 knows how frequent the characters are.
Compare `gpt`, which reads the same text.

Data: about 250,000 characters to learn from and 28,000 for validation, which come with Python.
Expected result: a validation loss of at most 1.55 nats per character.
The picture shows the loss; at the end the network writes, each character drawn at a temperature.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples import _text
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.nn.utils import clip_grad_norm_
from topograd.optim import Adam
from topograd.optim.lr_scheduler import CosineAnnealingLR

WINDOW, WIDTH, EVERY = 64, 32, 20
State = tuple[Tensor, Tensor]  # what the LSTM keeps: the hidden and the cell state


class CharacterLSTM(nn.Module):
    """(N, T) character numbers to (N, T, symbols) logits of each next one, and the last state."""

    def __init__(self, symbols: int, hidden: int) -> None:
        super().__init__()
        self.symbols = nn.Embedding(symbols, WIDTH)
        self.lstm = nn.LSTM(WIDTH, hidden, batch_first=True)
        self.head = nn.Linear(hidden, symbols)

    def forward(self, numbers: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read on from `state`, or from a state of zeros."""
        hidden, state = self.lstm(self.symbols(numbers), state)
        return self.head(hidden), state


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of the next characters."""
    logits, _ = model(inputs)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def validation_loss(model: nn.Module, text: _text.Text) -> float:
    """Return the loss over the first 8,192 characters that are apart, in windows."""
    count = 8192 // WINDOW
    inputs = text.validation[: count * WINDOW].reshape(count, WINDOW)
    targets = text.validation[1 : count * WINDOW + 1].reshape(count, WINDOW)
    with tg.no_grad():
        loss: float = loss_of(model, inputs, targets).item()
    return loss


def write(model: nn.Module, text: _text.Text, start: str, length: int, temperature: float) -> str:
    """Continue `start`; a temperature below 1 favours the likelier characters.

    The state holds all that was read: each step reads one character only.
    """
    numbers = text.encode(start).unsqueeze(0)
    written, state = [numbers], None
    with tg.no_grad():
        for _ in range(length):
            logits, state = model(written[-1], state)
            written.append(tg.multinomial(F.softmax(logits[:, -1] / temperature, dim=1), 1))
    return text.decode(tg.cat(written, dim=1)[0])


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the validation loss, write."""
    settings = {"steps": 600, "hidden": 192, "batch_size": 32, "length": 500, "lr": 1e-2}
    run = Run("char_lstm", __doc__, argv, **settings)
    text = _text.reference()
    model = CharacterLSTM(len(text.symbols), run.options.hidden)
    optimizer = Adam(model.parameters(), lr=run.options.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=run.options.steps)
    for step in run.steps(run.options.steps, "step"):
        inputs, targets = _text.windows(text.training, run.options.batch_size, WINDOW)
        loss = loss_of(model, inputs, targets)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        run.record(loss=loss.item())
        if step % EVERY == 0 or step in (1, run.options.steps):
            run.record(validation_loss=validation_loss(model, text))
    print("\n" + write(model, text, "The ", run.options.length, temperature=0.6))
    run.finish(
        "validation loss",
        run.history["validation_loss"][1][-1],
        run.lines("Cross-entropy of the LSTM", "nats per character", "loss", "validation_loss"),
    )


if __name__ == "__main__":
    main()
