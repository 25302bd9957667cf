"""Divergences between distributions of two families."""

from __future__ import annotations
