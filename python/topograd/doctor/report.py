"""What a check-up found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from textwrap import wrap

SEVERITIES = ("error", "warning", "note")
WIDTH = 100


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    code: as in docs/doctor.md.  severity: 'error' (the step does not do what it is meant to),
    'warning' (it hardly can), 'note'.  what: a sentence.  where: 'file.py:12 in f', or ''.
    evidence: what was measured.  cure: what to do.
    """

    code: str
    severity: str
    what: str
    where: str
    evidence: str
    cure: str

    @property
    def line(self) -> int | None:
        """The number of the line, if there is one."""
        number = self.where.partition(" in ")[0].rpartition(":")[2]
        return int(number) if number.isdigit() else None


class Report:
    """The findings of `tg.doctor`, the worst first; printed, it is a list.

    findings; steps: how often the step was run; error: what the step raised, or None.

    >>> from topograd.doctor.report import Finding, Report
    >>> found = Finding("no-update", "error", "nothing moves", "a.py:3 in f", "lr = 0", "raise lr")
    >>> print(Report([found], 3))
    tg.doctor: 1 error in 3 steps
    <BLANKLINE>
    error    no-update: nothing moves
             where     a.py:3 in f
             evidence  lr = 0
             cure      raise lr
    """

    def __init__(
        self, findings: list[Finding], steps: int, error: BaseException | None = None
    ) -> None:
        self.findings = sorted(findings, key=lambda one: SEVERITIES.index(one.severity))
        self.steps = steps
        self.error = error

    @property
    def ok(self) -> bool:
        """Whether there is neither an error nor a warning."""
        return all(one.severity == "note" for one in self.findings)

    @property
    def codes(self) -> list[str]:
        """The codes of the findings, the worst first."""
        return [one.code for one in self.findings]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        """A report is something, also when it is empty."""
        return True

    def _head(self) -> str:
        counts = [(sum(one.severity == s for one in self.findings), s) for s in SEVERITIES]
        words = [f"{count} {name}{'s' * (count > 1)}" for count, name in counts if count]
        steps = f"{self.steps} step{'s' * (self.steps != 1)}"
        return f"tg.doctor: {', '.join(words) or 'nothing wrong'} in {steps}"

    def __str__(self) -> str:
        lines = [self._head()]
        for one in self.findings:
            lines += ["", *_paragraph(f"{one.severity:<9}", f"{one.code}: {one.what}", 9)]
            for name in ("where", "evidence", "cure"):
                text = getattr(one, name)
                if text:
                    lines += _paragraph(f"{'':9}{name:<10}", text, 19)
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:left;vertical-align:top">{cell}</td>'
                for cell in (
                    f"<b>{one.severity}</b>",
                    f"<b>{escape(one.code)}</b><br>{escape(one.what)}",
                    f"<code>{escape(one.where)}</code>",
                    escape(one.evidence),
                    escape(one.cure),
                )
            )
            + "</tr>"
            for one in self.findings
        )
        head = "".join(f"<th>{name}</th>" for name in ("", "what", "where", "evidence", "cure"))
        table = f"<table><tr>{head}</tr>{rows}</table>" if rows else ""
        return f"<p>{escape(self._head())}</p>{table}"


def _paragraph(head: str, text: str, indent: int) -> list[str]:
    body = wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    return [head + body[0], *[" " * indent + line for line in body[1:]]]
