"""List the examples: `python -m topograd.examples`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Sequence

import topograd.examples
from topograd import _options


def titles() -> dict[str, str]:
    """Return the first line of every example's documentation, by name."""
    found = {}
    for module in pkgutil.iter_modules(topograd.examples.__path__):
        if not module.name.startswith("_"):
            documentation = importlib.import_module(f"topograd.examples.{module.name}").__doc__
            found[module.name] = (documentation or "").partition("\n")[0]
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Print the name and the title of every example."""
    parser = argparse.ArgumentParser(prog="python -m topograd.examples", description=__doc__)
    parser.parse_args(argv)
    if argv is None:
        _options.end_quietly()
    found = titles()
    width = max(map(len, found))
    for name, title in found.items():
        print(f"{name:<{width}}  {title}")
    print("\nRun one with: python -m topograd.examples.NAME (--help tells its options)")


if __name__ == "__main__":
    main()
