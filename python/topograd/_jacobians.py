"""Jacobians and Hessians of functions as functions: jacrev, jacfwd, hessian of topograd.func."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.func import _leaves, _rebuild, jvp, vjp

__all__ = ["hessian", "jacfwd", "jacrev"]

Tree = Any
Argnums = int | tuple[int, ...]


def _chosen(op: str, argnums: Argnums, args: Sequence[Any]) -> list[int]:
    """The numbers of the arguments, counted from the first."""
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for one in numbers:
        if not -len(args) <= one < len(args):
            raise ValueError(f"{op}: argnums is {argnums}, there are {len(args)} arguments")
    numbers = [one % len(args) for one in numbers]
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"{op}: argnums must be different numbers, at least one, got {argnums}")
    return numbers


def _with(args: Sequence[Any], numbers: Sequence[int], values: Sequence[Any]) -> list[Any]:
    """The arguments, some of which are other ones."""
    result = list(args)
    for number, value in zip(numbers, values, strict=True):
        result[number] = value
    return result


def _unit(like: Sequence[Tensor], number: int, element: int) -> list[Tensor]:
    """Zeros shaped like the tensors, with a one at an element of one of them."""
    units = [tg.zeros(one.shape, dtype=one.dtype) for one in like]
    units[number].view(-1)[element] = 1
    return units


def _nested(outputs: Tree, primals: Sequence[Tree], blocks: list[list[Tensor]], one: bool) -> Tree:
    """Blocks (output leaf, input leaf) in the nesting of the outputs, within it in the inputs'."""
    filled = []
    for row in blocks:
        leaves = list(row)
        trees = tuple(_rebuild(primal, leaves) for primal in primals)
        filled.append(trees[0] if one else trees)
    return _rebuild(outputs, filled)


def jacrev(
    func: Callable[..., Tree],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that gives the Jacobian of func, by one backward pass per element of the output.

    argnums: which positional arguments; for a tuple the result has a tuple in place of each tensor.
    A block is of shape output.shape + input.shape, in the nesting of the output, within it in that
    of the input.  has_aux: func returns (output, aux), the new function (jacobian, aux).
    chunk_size: accepted; passes are made one by one.  Source: reverse accumulation of the rows.

    >>> import topograd as tg
    >>> tg.func.jacrev(lambda x: x**2)(tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen("jacrev", argnums, args)
        primals = [args[one] for one in numbers]
        inputs = [leaf for one in primals for leaf in _leaves(one)]

        def called(*values: Any) -> Any:
            return func(*_with(args, numbers, values), **kwargs)

        found = vjp(called, *primals, has_aux=has_aux)
        output, pull = found[0], found[1]
        leaves = _leaves(output)
        blocks = []
        for number, leaf in enumerate(leaves):
            rows: list[list[Tensor]] = []
            for element in range(leaf.numel()):
                cotangents = _rebuild(output, _unit(leaves, number, element))
                rows.append(_leaves(pull(cotangents)))
            blocks.append(
                [
                    tg.stack([row[k] for row in rows]).reshape(*leaf.shape, *one.shape)
                    if rows
                    else tg.zeros(*leaf.shape, *one.shape, dtype=one.dtype)
                    for k, one in enumerate(inputs)
                ]
            )
        result = _nested(output, primals, blocks, isinstance(argnums, int))
        return (result, found[2]) if has_aux else result

    return jacobian


def jacfwd(
    func: Callable[..., Tree],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """A function that gives the Jacobian of func, by one forward pass per element of the input.

    Arguments and result as of `jacrev`; the better of the two where there are fewer inputs than
    outputs.  randomness: accepted; each pass calls func again.

    >>> import topograd as tg
    >>> tg.func.jacfwd(lambda x: x.sum() * x)(tg.tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen("jacfwd", argnums, args)
        primals = [args[one] for one in numbers]
        inputs = [leaf for one in primals for leaf in _leaves(one)]

        def called(*values: Any) -> Any:
            return func(*_with(args, numbers, values), **kwargs)

        columns: list[list[list[Tensor]]] = []  # input leaf, its element, output leaf
        output, aux = None, None
        for number, leaf in enumerate(inputs):
            columns.append([])
            for element in range(leaf.numel()):
                units = _unit(inputs, number, element)
                tangents = tuple(_rebuild(one, units) for one in primals)
                output, tangent, *rest = jvp(called, tuple(primals), tangents, has_aux=has_aux)
                aux = rest[0] if has_aux else None
                columns[-1].append(_leaves(tangent))
        if output is None:
            result = called(*primals)
            output, aux = result if has_aux else (result, None)
        blocks = [
            [
                tg.stack([one[k] for one in columns[j]], -1).reshape(*leaf.shape, *each.shape)
                if columns[j]
                else tg.zeros(*leaf.shape, *each.shape, dtype=leaf.dtype)
                for j, each in enumerate(inputs)
            ]
            for k, leaf in enumerate(_leaves(output))
        ]
        nested = _nested(output, primals, blocks, isinstance(argnums, int))
        return (nested, aux) if has_aux else nested

    return jacobian


def hessian(func: Callable[..., Tree], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the Hessian of func: `jacfwd` of `jacrev`.

    >>> import topograd as tg
    >>> tg.func.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
