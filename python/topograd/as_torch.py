"""Runs a program of PyTorch on topograd: `python -m topograd.as_torch PROGRAM.py [ARGUMENTS…]`.

`-m NAME` runs a module, as Python does.  The program sees its own arguments, and `import torch`
gives topograd; see `topograd.as_torch()`.
"""

from __future__ import annotations

import os
import runpy
import sys

from topograd._alias import as_torch

USAGE = "usage: python -m topograd.as_torch (PROGRAM.py | -m MODULE) [ARGUMENTS...]"


def main(arguments: list[str]) -> int:
    """Runs the program; 2 when none is named."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(f"{USAGE}\n\n{__doc__}")
        return 0
    if not arguments or (arguments[0] == "-m" and len(arguments) < 2):
        print(USAGE, file=sys.stderr)
        return 2
    if arguments[0] != "-m" and not os.path.exists(arguments[0]):
        print(f"as_torch: there is no file {arguments[0]!r}\n{USAGE}", file=sys.stderr)
        return 2
    with as_torch():
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            sys.path[:0] = [os.getcwd()] if "" not in sys.path else []
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
            runpy.run_path(arguments[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# Imported, `topograd.as_torch` stays the function. Who imports modules asks for their file.
as_torch.__file__ = __file__  # type: ignore[attr-defined]
sys.modules[__name__] = as_torch  # type: ignore[assignment]
