"""Dates as people write them and as machines do: what `seq2seq` translates."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence

import topograd as tg
from topograd._C import Tensor

FIRST, DAYS = datetime.date(1950, 1, 1), 36524
APART = 10  # every so many days one is kept for the test; not 7: all would be Sundays
SYMBOLS = "\0 ,-./0123456789abcdefghijklmnopqrstuvwxyz"  # the first one fills up and starts
LENGTH = 10  # of a date as machines write it
MONTHS = """january february march april may june july august september october november
    december""".split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


def spellings(day: datetime.date) -> list[str]:
    """Return ways in which people write a date, the day before the month where both are numbers.

    >>> spellings(datetime.date(1987, 3, 3))[2:4]
    ['3rd of march, 1987', 'tue 3 mar 87']
    """
    suffix = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    return [
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day}{suffix} of {month}, {day.year}",
        f"{weekday[:3]} {day.day} {month[:3]} {day.year % 100:02}",
        f"{weekday}, {day.day} {month[:3]}. {day.year}",
        f"{day.day:02}/{day.month:02}/{day.year}",
        f"{day.day}.{day.month}.{day.year % 100:02}",
    ]


def encoded(texts: Sequence[str]) -> Tensor:
    """Return (N, longest) numbers of characters, filled up with 0."""
    longest = max(map(len, texts))
    return tg.tensor([[SYMBOLS.index(c) for c in text.ljust(longest, "\0")] for text in texts])


def pairs(generator: random.Random, count: int, test: bool) -> tuple[Tensor, Tensor]:
    """Draw dates to learn from or to test with: no day is in both.

    Returns how they are written, (N, longest), and what they are, (N, LENGTH).
    """
    written: list[str] = []
    meant: list[str] = []
    while len(written) < count:
        number = generator.randrange(DAYS)
        if (number % APART == 0) == test:
            day = FIRST + datetime.timedelta(days=number)
            written.append(generator.choice(spellings(day)))
            meant.append(day.isoformat())
    return encoded(written), encoded(meant)
