"""A GPT learns to write character by character, from the reference of the language Python.

A generative pre-trained transformer: tokens and their places become vectors; blocks of causal
self-attention, in which a position sees itself and those before it, and of a two-layer network
change them, each block added to what comes in; what stands at a position at the end gives the
probabilities of the next token. All positions are trained in one pass, where a recurrent network
(compare `char_lstm`, which reads the same text) goes step by step. As in GPT-2: normalisation comes
before each part, the embedding of the tokens serves as the last layer's weights too, what is added
to the stream starts small, and matrices, not vectors, are decayed. The loss is the cross-entropy of
the next character in nats: log(94) = 4.5 is guessing, 3.2 knows how frequent the characters are.

Data: about 250,000 characters to learn from and 28,000 for validation, which come with Python.
Expected result: a validation loss of at most 1.62 nats per character.
The picture shows the loss; at the end the model writes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples import _text
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.nn.utils import clip_grad_norm_
from topograd.optim import AdamW
from topograd.optim.lr_scheduler import OneCycleLR

CONTEXT, WIDTH, HEADS, BLOCKS, EVERY = 64, 64, 4, 2, 20


class Block(nn.Module):
    """Causal self-attention and a two-layer network, each added: (N, T, WIDTH) to the same."""

    def __init__(self) -> None:
        super().__init__()
        self.before_attention, self.before_network = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.project, self.merge = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.widen, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Return x + attention(x), and a network's change to it."""
        heads = self.project(self.before_attention(x)).unflatten(2, (3, HEADS, WIDTH // HEADS))
        queries, keys, values = heads.permute(2, 0, 3, 1, 4).unbind(0)  # each (N, HEADS, T, d)
        attended = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = x + self.merge(attended.transpose(1, 2).flatten(2))
        changed: Tensor = x + self.narrow(F.gelu(self.widen(self.before_network(x))))
        return changed


class GPT(nn.Module):
    """(N, T) token numbers to (N, T, tokens) logits of each next token; T <= CONTEXT."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(tokens, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, tokens, bias=False)
        self.head.weight = self.tokens.weight
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                # Two parts of each block add to the stream: their sum keeps its size.
                added = name.endswith(("merge.weight", "narrow.weight"))
                deviation = 0.05 / math.sqrt(2 * BLOCKS) if added else 0.05
                nn.init.normal_(parameter, std=deviation)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the logits."""
        x = self.tokens(numbers) + self.places(tg.arange(numbers.size(1)))
        logits: Tensor = self.head(self.norm(self.blocks(x)))
        return logits

    def groups(self, decay: float) -> list[dict[str, object]]:
        """Return the parameters for an optimizer: matrices with decay, vectors without."""
        matrices = [parameter for parameter in self.parameters() if parameter.ndim == 2]
        vectors = [parameter for parameter in self.parameters() if parameter.ndim != 2]
        return [
            {"params": matrices, "weight_decay": decay},
            {"params": vectors, "weight_decay": 0.0},
        ]


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of the next characters."""
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def validation_loss(model: nn.Module, text: _text.Text) -> float:
    """Return the loss over the first 8,192 characters that are apart, in windows."""
    count = 8192 // CONTEXT
    inputs = text.validation[: count * CONTEXT].reshape(count, CONTEXT)
    targets = text.validation[1 : count * CONTEXT + 1].reshape(count, CONTEXT)
    with tg.no_grad():
        loss: float = loss_of(model, inputs, targets).item()
    return loss


def write(model: nn.Module, text: _text.Text, start: str, length: int, top: int = 10) -> str:
    """Continue `start`, each character drawn from the `top` likeliest ones."""
    numbers = text.encode(start).unsqueeze(0)
    with tg.no_grad():
        for _ in range(length):
            values, indices = model(numbers[:, -CONTEXT:])[:, -1].topk(top)
            drawn = tg.multinomial(F.softmax(values / 0.8, dim=1), 1)
            numbers = tg.cat([numbers, indices.gather(1, drawn)], dim=1)
    return text.decode(numbers[0])


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the validation loss, write."""
    run = Run("gpt", __doc__, argv, steps=1200, batch_size=16, length=500, lr=1e-2)
    text = _text.reference()
    model = GPT(len(text.symbols))
    optimizer = AdamW(model.groups(decay=0.1), lr=run.options.lr, betas=(0.9, 0.98))
    scheduler = OneCycleLR(optimizer, run.options.lr, run.options.steps, pct_start=0.1)
    for step in run.steps(run.options.steps, "step"):
        inputs, targets = _text.windows(text.training, run.options.batch_size, CONTEXT)
        loss = loss_of(model, inputs, targets)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        run.record(loss=loss.item())
        if step % EVERY == 0 or step in (1, run.options.steps):
            run.record(validation_loss=validation_loss(model, text))
    print("\n" + write(model, text, "The ", run.options.length))
    run.finish(
        "validation loss",
        run.history["validation_loss"][1][-1],
        run.lines("Cross-entropy of the GPT", "nats per character", "loss", "validation_loss"),
    )


if __name__ == "__main__":
    main()
