"""The page of docs/ that lists the codes, made of the checks themselves."""

from __future__ import annotations

from topograd.doctor.checks import CHECKS
from topograd.doctor.report import SEVERITIES

HEAD = """# What tg.doctor finds

`tg.doctor(step)` runs a training step three times, watches what it calls, and reports what is
wrong, with the line, the numbers that show it, and a cure:

```python
report = tg.doctor(step)  # or tg.doctor(step, data=loader), which calls step(x, y)
print(report)
assert report.ok
```

It needs no model and no optimizer: it sees them at work. Parameters, buffers, gradients, optimizers
and the random state are put back afterwards (`restore=False` leaves them as the steps made them).
A step that calls neither `backward` nor an optimizer is looked at as an evaluation.

This page is written by `python -m topograd.doctor docs/doctor.md`.
"""
MEANING = {
    "error": "the step does not do what it is meant to",
    "warning": "it hardly can do what it is meant to, or works for nothing",
    "note": "worth knowing; `report.ok` is still true",
}


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for severity in SEVERITIES:
        parts.append(f"## {severity.capitalize()}s: {MEANING[severity]}\n")
        for one in CHECKS.values():
            if one.severity == severity:
                words = f"{_sentence(one.title)}. {_sentence(one.why)}"
                parts.append(f"### `{one.code}`\n\n{words} *Cure:* {one.cure}.\n")
    return "\n".join(parts)


def _sentence(text: str) -> str:
    """A text with a capital at its start, unless that is a name of the program."""
    first = text.split(maxsplit=1)[0]
    return text if "_" in first or "." in first else text[0].upper() + text[1:]
