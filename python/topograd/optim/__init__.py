"""Optimizers and learning-rate schedulers, under PyTorch's names."""

from __future__ import annotations

from topograd.optim import lr_scheduler
from topograd.optim.adam import Adam, AdamW
from topograd.optim.optimizer import Optimizer
from topograd.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
