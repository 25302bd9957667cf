"""NumPy oracles of recurrent networks: each sequence of a batch by itself, step by step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oracles_pointwise import sigmoid

Array = Any


def step(unit: str, x: Array, h: Array, c: Array, weights: Sequence[Array]) -> tuple[Array, Array]:
    """One step of one direction: x (features,), h (width,), c (hidden,)."""
    w_ih, w_hh, b_ih, b_hh, *projection = weights
    given = np.dot(w_ih, x) + b_ih
    before = np.dot(w_hh, h) + b_hh
    if unit == "tanh":
        return np.tanh(given + before), c
    if unit == "relu":
        return np.maximum(given + before, 0), c
    if unit == "gru":
        size = len(h)
        r, z = (sigmoid((given + before)[k * size : (k + 1) * size]) for k in (0, 1))
        n = np.tanh(given[2 * size :] + r * before[2 * size :])
        return (1 - z) * n + z * h, c
    i, f, g, o = np.split(given + before, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (np.dot(projection[0], h) if projection else h), c


def grouped(params: Sequence[Array], has_biases: bool, cells: int) -> list[list[Array]]:
    """(w_ih, w_hh, b_ih, b_hh, perhaps w_hr) of each layer and direction."""
    size = len(params) // cells
    groups = [list(params[k * size : (k + 1) * size]) for k in range(cells)]
    if has_biases:
        return groups
    zeros = [np.zeros(len(group[0]), group[0].dtype) for group in groups]
    return [[*group[:2], zero, zero, *group[2:]] for group, zero in zip(groups, zeros, strict=True)]


def network(
    unit: str,
    sequences: Sequence[Array],
    hx: Sequence[Array],
    params: Sequence[Array],
    has_biases: bool,
    num_layers: int,
    bidirectional: bool,
) -> tuple[list[Array], list[Array]]:
    """The outputs of each sequence, and the final states (layers * directions, N, …)."""
    directions = 2 if bidirectional else 1
    groups = grouped(params, has_biases, num_layers * directions)
    finals = [np.array(state) for state in hx]
    outputs = []
    for b, sequence in enumerate(sequences):
        rows = list(sequence)
        for layer in range(num_layers):
            sides = []
            for direction in range(directions):
                k = layer * directions + direction
                h, c = hx[0][k, b], hx[-1][k, b]
                side = []
                for x in reversed(rows) if direction else rows:
                    h, c = step(unit, x, h, c, groups[k])
                    side.append(h)
                sides.append(side[::-1] if direction else side)
                finals[0][k, b] = h
                if len(finals) > 1:
                    finals[1][k, b] = c
            rows = [np.concatenate(parts) for parts in zip(*sides, strict=True)]
        outputs.append(np.stack(rows))
    return outputs, finals


def states(unit: str, hx: Any) -> list[Array]:
    return list(hx) if unit == "lstm" else [hx]


def padded(
    unit: str,
    input: Array,
    hx: Any,
    params: Sequence[Array],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Array, ...]:
    sequences = input if batch_first else np.swapaxes(input, 0, 1)
    outputs, finals = network(
        unit, sequences, states(unit, hx), params, has_biases, num_layers, bidirectional
    )
    return (np.stack(outputs, 0 if batch_first else 1), *finals)


def packed(
    unit: str,
    data: Array,
    batch_sizes: Array,
    hx: Any,
    params: Sequence[Array],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Array, ...]:
    sequences: list[list[Array]] = [[] for _ in range(batch_sizes[0])]
    places = []
    for size in batch_sizes:
        for b in range(size):
            places.append((b, len(sequences[b])))
            sequences[b].append(data[len(places) - 1])
    outputs, finals = network(
        unit,
        [np.stack(s) for s in sequences],
        states(unit, hx),
        params,
        has_biases,
        num_layers,
        bidirectional,
    )
    return (np.stack([outputs[b][t] for b, t in places]), *finals)


def cell(
    unit: str,
    input: Array,
    hx: Any,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array = None,
    b_hh: Array = None,
) -> Any:
    zero = np.zeros(len(w_ih), w_ih.dtype)
    weights = [w_ih, w_hh, zero if b_ih is None else b_ih, zero if b_hh is None else b_hh]
    before = states(unit, hx)
    rows = [step(unit, x, before[0][b], before[-1][b], weights) for b, x in enumerate(input)]
    h, c = (np.stack(parts) for parts in zip(*rows, strict=True))
    return (h, c) if unit == "lstm" else h


RECURRENT: dict[str, Callable[..., Any]] = {}
for _unit, _name in (("tanh", "rnn_tanh"), ("relu", "rnn_relu"), ("gru", "gru"), ("lstm", "lstm")):
    RECURRENT[_name] = functools.partial(padded, _unit)
    RECURRENT[f"{_name}.data"] = functools.partial(packed, _unit)
    RECURRENT[f"{_name}_cell"] = functools.partial(cell, _unit)
