"""The list of codes, and of the functions that look for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from topograd.doctor.events import Backward, Trace
from topograd.doctor.report import Finding
from topograd.graph import Graph

AtBackward = Callable[[Graph, Backward, Trace], Iterator[Finding]]
OnTrace = Callable[[Trace], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A code: how bad, what it means, why it matters, the cure, and what codes it explains away."""

    code: str
    severity: str
    title: str
    why: str
    cure: str
    explains: tuple[str, ...] = ()


CHECKS: dict[str, Check] = {}
AT_BACKWARD: list[AtBackward] = []  # look at the graph of each backward pass, before it runs
EACH_CALL: list[OnTrace] = []  # look at the events after each call, while its tensors live
AFTERWARDS: list[OnTrace] = []  # look at the events of all calls


def code(
    name: str, severity: str, title: str, why: str, cure: str, explains: str = ""
) -> Callable[[str, str], Finding]:
    """Enters a code and returns what makes a finding of it: `(where, evidence)`."""
    CHECKS[name] = Check(name, severity, title, why, cure, tuple(explains.split()))

    def make(where: str, evidence: str) -> Finding:
        return finding(name, where, evidence)

    return make


def finding(name: str, where: str, evidence: str) -> Finding:
    """A finding of a code that is entered."""
    known = CHECKS[name]
    return Finding(name, known.severity, known.title, where, evidence, known.cure)
