"""How each op of topograd is said in ONNX: one table, from one file per family."""

from __future__ import annotations

from topograd.onnx.call import Rule
from topograd.onnx.rules import (
    activation,
    binary,
    indexing,
    loss,
    matrix,
    norm,
    recurrent,
    reduction,
    shape,
    special,
    unary,
    window,
)

__all__ = ["TABLE"]

TABLE: dict[str, Rule] = {
    **unary.TABLE,
    **activation.TABLE,
    **binary.TABLE,
    **reduction.TABLE,
    **shape.TABLE,
    **special.TABLE,
    **indexing.TABLE,
    **matrix.TABLE,
    **norm.TABLE,
    **window.TABLE,
    **recurrent.TABLE,
    **loss.TABLE,
}
