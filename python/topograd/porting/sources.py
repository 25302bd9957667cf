"""Files to look at, and the program text in them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (".py", ".pyw", ".ipynb")


def python_files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """The files that are named, and those with Python in the folders that are named, in order.

    Folders whose name begins with a dot, and __pycache__, are left out.  Raises FileNotFoundError
    for a path that is not there.

    >>> import os, tempfile
    >>> from topograd.porting import python_files
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("b.py", "a.ipynb", "c.txt"):
    ...     open(os.path.join(folder, name), "w").close()
    >>> [path.name for path in python_files([folder])]
    ['a.ipynb', 'b.py']
    """
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"porting: there is no file or folder {str(path)!r}")
        if not path.is_dir():
            yield path
            continue
        for folder, inner, names in os.walk(path):
            inner[:] = sorted(n for n in inner if not n.startswith(".") and n != "__pycache__")
            yield from (Path(folder, n) for n in sorted(names) if n.endswith(SUFFIXES))


def program_text(path: Path) -> str:
    """The Python in a file, of a notebook all code cells one after the other.

    Lines of a notebook that are no Python (%magic, !shell, help?) become comments.  Raises
    ValueError for a notebook that is none, UnicodeDecodeError for other text than UTF-8.
    """
    text = path.read_text(encoding="utf-8-sig")
    return notebook_text(text) if path.suffix == ".ipynb" else text


def notebook_text(text: str) -> str:
    """The code cells of a notebook's JSON, each line of Python kept."""
    try:
        notebook = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        sources = [
            cell.get("source", cell.get("input", ""))
            for cell in cells
            if cell["cell_type"] == "code"
        ]
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"porting: not a notebook: {error!r}") from error
    lines: list[str] = []
    for source in sources:
        whole = source if isinstance(source, str) else "".join(map(str, source))
        cell_lines = whole.splitlines()
        if cell_lines and cell_lines[0].lstrip().startswith("%%"):
            cell_lines = ["# " + line for line in cell_lines]
        lines += [_python_line(line) for line in cell_lines] + [""]
    return "\n".join(lines) + "\n"


def _python_line(line: str) -> str:
    bare = line.strip()
    if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
        return line[: len(line) - len(line.lstrip())] + "pass  # " + bare
    return line
