"""What a program of PyTorch needs to run on topograd: `python -m topograd.porting PATH…`.

Programs are read, not run.  Names are followed through imports and aliases (`import torch.nn as
nn`, `from torch import nn`, `F = torch.nn.functional`); of methods only the name is known, so those
that arrays and strings have too are left out.
"""

from __future__ import annotations

from topograd.porting.check import Finding, check_file, check_source
from topograd.porting.sources import python_files

__all__ = ["Finding", "check_file", "check_source", "python_files"]
