"""A character model with causal self-attention learns a poem and recites it.

Two blocks of attention and a two-layer network over characters; trained on Lewis Carroll's
Jabberwocky (1871), which stands in this file. Prints the loss (in nats per character; log 44 = 3.8
would be guessing) and then how the model goes on from the first line. It has learned the poem by
heart, not to write: `gpt` learns from a longer text and is tested with another.

Expected result: a loss of at most 0.2 nats per character.
The picture shows the loss.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import AdamW
from topograd.optim.lr_scheduler import CosineAnnealingLR

TEXT = """'Twas brillig, and the slithy toves
Did gyre and gimble in the wabe;
All mimsy were the borogoves,
And the mome raths outgrabe.

"Beware the Jabberwock, my son!
The jaws that bite, the claws that catch!
Beware the Jubjub bird, and shun
The frumious Bandersnatch!"

He took his vorpal sword in hand:
Long time the manxome foe he sought --
So rested he by the Tumtum tree,
And stood awhile in thought.

And as in uffish thought he stood,
The Jabberwock, with eyes of flame,
Came whiffling through the tulgey wood,
And burbled as it came!

One, two! One, two! And through and through
The vorpal blade went snicker-snack!
He left it dead, and with its head
He went galumphing back.
"""
SYMBOLS = sorted(set(TEXT))
CONTEXT, WIDTH, HEADS, BLOCKS, BATCH = 32, 64, 4, 2, 32


def encoded(text: str) -> Tensor:
    """Return the numbers of the characters of `text`: (length,), int64."""
    return tg.tensor([SYMBOLS.index(symbol) for symbol in text])


class SelfAttention(nn.Module):
    """Every position looks at itself and those before it: (N, T, WIDTH) to the same shape."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(WIDTH, 3 * WIDTH)
        self.merge = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attended values."""
        queries, keys, values = (
            part.unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)
            for part in self.project(x).chunk(3, dim=2)
        )
        attended = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        merged: Tensor = self.merge(attended.transpose(1, 2).flatten(2))
        return merged


class Block(nn.Module):
    """Attention and a two-layer network, each added to what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(WIDTH), SelfAttention())
        self.network = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, WIDTH) to the same shape."""
        x = x + self.attention(x)
        changed: Tensor = x + self.network(x)
        return changed


class CharacterModel(nn.Module):
    """(N, T) character numbers to (N, T, symbols) logits of each next character; T <= CONTEXT."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = nn.Embedding(len(SYMBOLS), WIDTH)
        self.places = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(SYMBOLS)))

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the logits."""
        x = self.symbols(numbers) + self.places(tg.arange(numbers.size(1)))
        logits: Tensor = self.head(self.blocks(x))
        return logits


def recite(model: nn.Module, start: str, length: int, temperature: float = 0.5) -> str:
    """Continue `start` by `length` characters, each drawn from the model's probabilities.

    A temperature below 1 favours the likelier characters.
    """
    numbers = encoded(start).tolist()
    with tg.no_grad():
        for _ in range(length):
            logits = model(tg.tensor([numbers[-CONTEXT:]]))[0, -1]
            numbers.append(int(tg.multinomial(F.softmax(logits / temperature, dim=0), 1).item()))
    return "".join(SYMBOLS[number] for number in numbers)


def main(argv: Sequence[str] | None = None) -> None:
    """Train and recite."""
    run = Run("char_attention", __doc__, argv, steps=1000, length=600, lr=3e-3)
    text, model = encoded(TEXT), CharacterModel()
    optimizer = AdamW(model.parameters(), lr=run.options.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=run.options.steps)
    for _ in run.steps(run.options.steps, "step"):
        starts = tg.randint(0, len(text) - CONTEXT, (BATCH, 1))
        windows = text[starts + tg.arange(CONTEXT + 1)]
        loss = F.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        run.record(loss=loss.item())
    print("\n" + recite(model, TEXT[: TEXT.index("\n") + 1], run.options.length))
    lines = run.lines("Cross-entropy", "nats per character", "loss", logarithmic=True)
    run.finish("loss", loss.item(), lines)


if __name__ == "__main__":
    main()
