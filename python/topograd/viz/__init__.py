"""Plots: each is one call, returns a figure of matplotlib's and, with `path`, writes a file.

Needs matplotlib (`pip install topograd[viz]`).  pyplot is never imported, so that the caller's
backend and settings stay as they are; in a notebook a figure shows itself.  Every function takes
`title`, `dark` (for a dark page) and `path` (.png, .svg or .pdf).  Series differ in line style or
marker as well as in colour, and the colours are told apart by the colour-blind.
"""

from topograd.viz.attention import attention_maps
from topograd.viz.curves import gradient_flow, loss_curves
from topograd.viz.histograms import activation_histograms, weight_histograms
from topograd.viz.matrices import confusion_matrix
from topograd.viz.pictures import images
from topograd.viz.points import decision_boundary, embeddings

__all__ = [
    "activation_histograms",
    "attention_maps",
    "confusion_matrix",
    "decision_boundary",
    "embeddings",
    "gradient_flow",
    "images",
    "loss_curves",
    "weight_histograms",
]
