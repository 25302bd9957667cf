"""Optimizers and learning-rate schedulers, under PyTorch's names."""

from __future__ import annotations

from topograd.optim import lr_scheduler, swa_utils
from topograd.optim.adadelta import Adadelta
from topograd.optim.adafactor import Adafactor
from topograd.optim.adagrad import Adagrad
from topograd.optim.adam import Adam, AdamW
from topograd.optim.adamax import Adamax
from topograd.optim.asgd import ASGD
from topograd.optim.lbfgs import LBFGS
from topograd.optim.muon import Muon
from topograd.optim.nadam import NAdam
from topograd.optim.optimizer import Optimizer
from topograd.optim.radam import RAdam
from topograd.optim.rmsprop import RMSprop
from topograd.optim.rprop import Rprop
from topograd.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]
