"""Writes the page of codes: `python -m topograd.doctor docs/doctor.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from topograd.doctor.page import page

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m topograd.doctor PAGE")
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
