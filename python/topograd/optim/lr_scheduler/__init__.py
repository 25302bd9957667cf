"""Learning rates that change with the number of epochs (or steps).

Most schedulers compute the next rate from the present one, so that several can work on one
optimizer.
"""

from __future__ import annotations

from topograd.optim.lr_scheduler.base import LRScheduler, _LRScheduler
from topograd.optim.lr_scheduler.compose import ChainedScheduler, SequentialLR
from topograd.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from topograd.optim.lr_scheduler.cycle import CyclicLR, OneCycleLR
from topograd.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from topograd.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from topograd.optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
]
