"""The checks: each looks for one thing, has a code, and says why it matters and what to do."""

from __future__ import annotations

from topograd.doctor.checks import activations as activations
from topograd.doctor.checks import failures as failures
from topograd.doctor.checks import inputs as inputs
from topograd.doctor.checks import losses as losses
from topograd.doctor.checks import modes as modes
from topograd.doctor.checks import order as order
from topograd.doctor.checks import parameters as parameters
from topograd.doctor.checks import sizes as sizes
from topograd.doctor.checks.registry import (
    AFTERWARDS,
    AT_BACKWARD,
    CHECKS,
    EACH_CALL,
    Check,
)

__all__ = ["AFTERWARDS", "AT_BACKWARD", "CHECKS", "EACH_CALL", "Check"]
