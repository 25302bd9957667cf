"""Tensors within nested arguments and results, and the sizes of them that may vary."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import topograd as tg

__all__ = ["Axes", "argument_names", "first_axes", "flattened", "named_axes", "replaced"]


def flattened(value: Any, path: str) -> Iterator[tuple[str, tg.Tensor]]:
    """Every tensor within tuples, lists and dicts, with a name from where it is.

    >>> import topograd as tg
    >>> from topograd.onnx.structure import flattened
    >>> [name for name, _ in flattened({"a": tg.ones(1), "b": [tg.ones(1), 3]}, "x")]
    ['x_a', 'x_b_0']
    """
    if isinstance(value, tg.Tensor):
        yield path, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from flattened(one, f"{path}_{key}")
    elif isinstance(value, (tuple, list)):
        for number, one in enumerate(value):
            yield from flattened(one, f"{path}_{number}")


def replaced(value: Any, tensors: Iterator[tg.Tensor]) -> Any:
    """The same nesting with other tensors, in the order of `flattened`."""
    if isinstance(value, tg.Tensor):
        return next(tensors)
    if isinstance(value, Mapping):
        return {key: replaced(one, tensors) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(replaced(one, tensors) for one in value))
    if isinstance(value, (tuple, list)):
        return type(value)(replaced(one, tensors) for one in value)
    return value


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """What the function calls its first positional arguments."""
    names: list[str] = []
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = {}.values()
    for one in parameters:
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD):
            names.append(one.name)
        elif one.kind is one.VAR_POSITIONAL:
            names += [f"{one.name}_{k}" for k in range(count - len(names))]
    return (names + [f"input_{k}" for k in range(len(names), count)])[:count]


class Axes(NamedTuple):
    """Sizes that may vary: a name, and where it is: (input, axis)."""

    name: str
    places: list[tuple[int, int]]


def first_axes(tensors: Sequence[tg.Tensor]) -> list[Axes]:
    """The first axis of the inputs as 'batch': of all that have the size of the first one's."""
    sized = [(k, one.shape[0]) for k, one in enumerate(tensors) if one.dim() > 0]
    if not sized or sized[0][1] == 0:
        return []
    return [Axes("batch", [(k, 0) for k, size in sized if size == sized[0][1]])]


def named_axes(
    given: Mapping[str, Mapping[int, str] | Sequence[int]],
    names: Sequence[str],
    tensors: Sequence[tg.Tensor],
    outputs: Sequence[str],
) -> list[Axes]:
    """The axes that a user names: {input: {axis: name}} or {input: [axis, …]}."""
    unknown = [name for name in given if name not in (*names, *outputs)]
    if unknown:
        raise ValueError(
            f"onnx.export: dynamic_axes names {', '.join(map(repr, unknown))}; there are inputs "
            f"{', '.join(map(repr, names))} and the outputs {', '.join(map(repr, outputs))}"
        )
    found: dict[str, Axes] = {}
    for number, name in enumerate(names):
        axes = given.get(name, {})
        if not isinstance(axes, Mapping):
            axes = {axis: f"{name}_dim_{axis}" for axis in axes}
        for axis, symbol in axes.items():
            rank = tensors[number].dim()
            if not -rank <= axis < rank:
                raise ValueError(
                    f"onnx.export: dynamic_axes names axis {axis} of '{name}', which has shape "
                    f"{tuple(tensors[number].shape)}"
                )
            found.setdefault(symbol, Axes(symbol, [])).places.append((number, axis % rank))
    for one in found.values():
        sizes = {tensors[k].shape[axis] for k, axis in one.places}
        if len(sizes) > 1 or 0 in sizes:
            raise ValueError(
                f"onnx.export: the axes named '{one.name}' have the sizes {sorted(sizes)}; expects "
                "one size, not 0"
            )
    return list(found.values())
