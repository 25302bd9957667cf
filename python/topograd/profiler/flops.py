"""How much arithmetic an op does, from the shapes of its arguments and results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import prod

from topograd import _C

__all__ = ["flops"]

Shape = tuple[int, ...]
Shapes = Sequence[Shape]

# Families of ops that only move values.
_MOVING = set("""
    cast folding index joining layout padding partition placement placing random shape shuffling
    slicing stacking strided view
    """.split())  # fmt: skip
_COMPUTING = {"index_add", "scatter_add"}  # among those


def _matmul(inputs: Shapes, output: Shape) -> int:
    return 2 * prod(output) * inputs[0][-1]


def _linear(inputs: Shapes, output: Shape) -> int:
    return (2 * inputs[0][-1] + 1) * prod(output)


def _bias(inputs: Shapes, output: Shape) -> int:
    return prod(output) if len(inputs) > 2 and inputs[2] else 0


def _convolution(inputs: Shapes, output: Shape) -> int:
    return 2 * prod(output) * prod(inputs[1][1:]) + _bias(inputs, output)


def _transposed(inputs: Shapes, output: Shape) -> int:
    return 2 * prod(inputs[0]) * prod(inputs[1][1:]) + _bias(inputs, output)


def _convolution_weight(inputs: Shapes, output: Shape) -> int:
    return 2 * prod(inputs[1]) * prod(output[1:])


def _attention(inputs: Shapes, output: Shape) -> int:
    query, key, value = inputs[:3]
    return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _recurrent(inputs: Shapes, output: Shape) -> int:
    # gates (…, gates · hidden) from the state's product with the weight (gates · hidden, state).
    weight = next(shape for shape in inputs[2:] if len(shape) == 2)
    return 2 * prod(inputs[0]) * weight[-1]


def _lstm(inputs: Shapes, output: Shape) -> int:
    weight, projection = inputs[3], inputs[4] if len(inputs) > 4 else ()
    steps = prod(inputs[0][:-1])
    return 2 * prod(inputs[0]) * weight[-1] + 2 * steps * prod(projection or (0,))


def _linear_cross_entropy(inputs: Shapes, output: Shape) -> int:
    return 2 * prod(inputs[0]) * inputs[1][0]


def _distances(inputs: Shapes, output: Shape) -> int:
    return 3 * prod(output) * inputs[0][-1]


_PRODUCTS: dict[str, Callable[[Shapes, Shape], int]] = {
    "matmul": _matmul,
    "vdot": lambda inputs, output: 2 * prod(inputs[0]),
    "linear_bias": _linear,
    "convolution": _convolution,
    "convolution_input": _transposed,
    "convolution_weight": _convolution_weight,
    "attention": _attention,
    "recurrent_rnn": _recurrent,
    "recurrent_gru": _recurrent,
    "recurrent_lstm": _lstm,
    "linear_cross_entropy_rows": _linear_cross_entropy,
    "distances": _distances,
}


@cache
def _without_arithmetic() -> frozenset[str]:
    """Names of the ops that move values, and of those whose ops inside are counted."""
    return frozenset(
        record["name"]
        for record in _C.ops()
        if record["view"]
        or record["derivative"] == "composite"
        or (record["family"] in _MOVING and record["name"] not in _COMPUTING)
    )


def flops(op: str, inputs: Shapes, outputs: Shapes) -> int:
    """Additions and multiplications of one call of a recorded op, forward.

    A product of matrices, a convolution or an attention is counted by its formula, 2 for every
    multiplication with its addition, and 1 for a bias at each element; recurrent steps by their
    products.  Ops that only move values count 0, and so do ops that are written in other ops, for
    those are recorded.  Everything else counts 1 for each element of its result or of its largest
    argument, whichever is more.

    >>> from topograd.profiler.flops import flops
    >>> flops("matmul", [(8, 3), (3, 5)], [(8, 5)]), flops("relu", [(8, 5)], [(8, 5)])
    (240, 40)
    """
    if op in _PRODUCTS:
        if any(0 in shape for shape in inputs[:2]):
            return 0
        return _PRODUCTS[op]([tuple(shape) for shape in inputs], tuple(outputs[0]))
    if op in ("leaf", "constant") or op in _without_arithmetic():
        return 0
    return max((prod(shape) for shape in [*inputs, *outputs[:1]]), default=0)
