"""The findings in a program: names and keywords that are missing, and what is different."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from topograd import _C
from topograd.porting import notes
from topograd.porting.library import (
    all_keywords,
    find,
    is_common,
    keywords_of,
    nearest,
    tensor_names,
)
from topograd.porting.sources import program_text
from topograd.porting.uses import Use, uses_of

MISSING, KEYWORD, DIFFERENT, UNREAD = "missing", "keyword", "different", "unread"


class Finding(NamedTuple):
    """One line of the report.

    kind: "missing", "keyword", "different" or "unread".  name: as PyTorch has it, a keyword behind
    the function: "torch.cat(foo=)".  hint: the nearest there is, or what is different.
    """

    file: str
    line: int
    kind: str
    name: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: "
        if self.kind == DIFFERENT:
            return f"{place}note: {self.name}: {self.hint}"
        if self.kind == UNREAD:
            return f"{place}can not be read: {self.hint}"
        text = f"{place}{self.name} is not in topograd"
        return f"{text}; nearest: {self.hint}" if self.hint else text


def check_file(path: Path) -> list[Finding]:
    """The findings in a file or notebook; one of kind "unread" where it is no Python 3."""
    try:
        return check_source(program_text(path), str(path))
    except SyntaxError as error:
        return [Finding(str(path), error.lineno or 1, UNREAD, "", f"{error.msg}")]
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return [Finding(str(path), 1, UNREAD, "", str(error) or type(error).__name__)]


def check_source(source: str, file: str = "<program>") -> list[Finding]:
    """The findings in a program, by line.  Raises SyntaxError.

    >>> from topograd.porting import check_source
    >>> for finding in check_source("import torch; torch.symeig(torch.ones(2, 2, colour=1))"):
    ...     print(finding)
    <program>:1: torch.ones(colour=) is not in topograd
    <program>:1: torch.symeig is not in topograd; nearest: linalg.eigh
    """
    program = uses_of(source)
    found: list[Finding] = []
    for use in program.names:
        found += _name_findings(use, file)
    if program.names:
        # Without torch in a file, nothing is known about the values whose methods it calls.
        for use in program.methods:
            found += _method_findings(use, file)
        found += [
            Finding(file, use.line, DIFFERENT, repr(use.name), notes.DEVICE)
            for use in program.devices
        ]
    found += [
        Finding(file, use.line, DIFFERENT, use.name, notes.PACKAGES[use.name])
        for use in program.packages
        if use.name in notes.PACKAGES and (program.names or use.name != "pickle")
    ]
    return sorted(set(found), key=lambda one: (one.line, one.kind == DIFFERENT, one.name))


def _name_findings(use: Use, file: str) -> Iterator[Finding]:
    value, missing = find(use.name)
    if missing:
        yield Finding(file, use.line, MISSING, use.name, nearest(missing))
        return
    taken = keywords_of(value)
    for keyword in use.keywords:
        if taken is not None and keyword not in taken:
            yield Finding(file, use.line, KEYWORD, f"{use.name}({keyword}=)", "")
    note = notes.note_on(use.name)
    if note:
        yield Finding(file, use.line, DIFFERENT, use.name, note)


def _method_findings(use: Use, file: str) -> Iterator[Finding]:
    name = use.name.rpartition(".")[2]
    if name in notes.METHODS:
        yield Finding(file, use.line, DIFFERENT, use.name, notes.METHODS[name])
    if name not in tensor_names() or is_common(name):
        return
    method = getattr(_C.Tensor, name, None)
    if not hasattr(_C.Tensor, name):
        yield Finding(file, use.line, MISSING, use.name, nearest(use.name))
        return
    taken = keywords_of(method)
    for keyword in use.keywords:
        # Whose method it is, is not known: only words that ops take somewhere count.
        if taken is not None and keyword not in taken and keyword in all_keywords():
            yield Finding(file, use.line, KEYWORD, f"{use.name}({keyword}=)", "")
