"""What programs show while they work: progress lines, charts as text and as pictures."""

from __future__ import annotations
