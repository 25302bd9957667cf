"""The text that the language models learn: the reference of the language Python, of Python itself.

Every Python carries it, for `help("LAMBDA")` and the like, as the module `pydoc_data.topics`. It
differs a little between versions of Python, and so do the figures of the models in their last
digits.
"""

from __future__ import annotations

from pydoc_data.topics import topics

import topograd as tg
from topograd._C import Tensor

VALIDATION_SHARE = 0.1
CHUNK = 4000  # characters of a piece of the text that goes to the one part or to the other


class Text:
    """A text as numbers of its characters: `training` and `validation` are (length,), int64."""

    def __init__(self, text: str) -> None:
        self.symbols = sorted(set(text))
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        pieces = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
        every = round(1 / VALIDATION_SHARE)
        apart = set(range(every // 2, len(pieces), every))
        self.training = self.encode("".join(p for i, p in enumerate(pieces) if i not in apart))
        self.validation = self.encode("".join(p for i, p in enumerate(pieces) if i in apart))

    def encode(self, text: str) -> Tensor:
        """Return the numbers of the characters of `text`."""
        return tg.tensor([self._numbers[symbol] for symbol in text])

    def decode(self, numbers: Tensor) -> str:
        """Return the text of these numbers."""
        return "".join(self.symbols[number] for number in numbers.tolist())


def reference() -> Text:
    """Return the reference, about 280,000 characters; no paragraph stands in it twice.

    Topics repeat each other's paragraphs: left in, they would be learned from and tested with.
    """
    paragraphs: dict[str, None] = {}  # a set that keeps the order
    for name in sorted(topics):
        for paragraph in topics[name].split("\n\n"):
            if paragraph.isascii():
                paragraphs.setdefault(paragraph.strip("\n"))
    return Text("\n\n".join(paragraphs))


def windows(numbers: Tensor, count: int, length: int) -> tuple[Tensor, Tensor]:
    """Return `count` random pieces of the text, and each piece's next characters.

    Both are (count, length); what follows the character at [i, t] is the second's [i, t].
    """
    starts = tg.randint(0, len(numbers) - length, (count, 1))
    pieces = numbers[starts + tg.arange(length + 1)]
    return pieces[:, :-1], pieces[:, 1:]
